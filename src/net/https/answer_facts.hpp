#pragma once
// Reads what an answer's header says about its age.

#include <latchkey/core/clock.hpp>

#include <optional>
#include <string_view>

namespace latchkey::net {

/// The max-age of Cache-Control in an answer (RFC 9111, section 5.2.2), at most 2^31 s. It is 0 for
/// no-store and no-cache and for a max-age that is not a number, and the smallest if there are
/// several. Returns nullopt if there is none.
std::optional<core::seconds> max_age_of(std::string_view cache_control) noexcept;

/// Reads a date like "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7). Returns nullopt for
/// other forms.
std::optional<core::real_time> read_date(std::string_view text) noexcept;

} // namespace latchkey::net

#pragma once
// How long a request's body may be: that depends on what is asked.

#include <latchkey/http/configuration.hpp>
#include <latchkey/http/refusal.hpp>
#include <latchkey/http/request.hpp>

#include <cstddef>
#include <string_view>

namespace latchkey::http {

/// Where many questions are asked at once.
inline constexpr std::string_view batch_path = "/api/v1/auth/verify-batch";

struct body_limit {
    std::size_t bytes_max = 0;
    std::string_view key{}; ///< of the configuration, for who meets the limit
};

/// The request's method and path are set.
body_limit body_limit_of(const request&, const configuration&) noexcept;

/// A 413.
refusal too_long(const body_limit&);

} // namespace latchkey::http

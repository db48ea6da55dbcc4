#pragma once
// Times as RFC 3339 writes them.

#include <latchkey/core/clock.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::core {

/// Appends a quoted RFC 3339 time in UTC, e.g. "2027-01-01T00:00:00Z", with six digits of the
/// second if it has a fraction. Times outside the years 0001 to 9999 become the nearest time within
/// them.
void append_rfc3339(std::string& out, real_time t);

/// Returns the same without the quotes.
std::string rfc3339_of(real_time);

/// Reads an RFC 3339 time, with Z or an offset and up to nine digits of the second. Returns nullopt
/// for anything else and for years outside 1678 to 2261. A leap second is read as the second before
/// it.
std::optional<real_time> parse_rfc3339(std::string_view text);

} // namespace latchkey::core

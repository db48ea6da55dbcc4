#pragma once
// Writes the pieces of JSON text that answers, problems and log lines are made of (RFC 8259).

#include <latchkey/core/clock.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::core {

/// Appends a quoted JSON string. Bytes that are not UTF-8 become U+FFFD, one per byte.
void append_json_string(std::string& out, std::string_view utf8);

/// Appends a quoted RFC 3339 time in UTC, e.g. "2027-01-01T00:00:00Z"; with six digits of a second
/// where it has a fraction. Years outside 0001 to 9999 are held at those bounds.
void append_rfc3339(std::string& out, real_time t);

/// An RFC 3339 time, with Z or an offset and up to nine digits of a second; nothing for all else.
/// Leap seconds are the second before.
std::optional<real_time> parse_rfc3339(std::string_view text);

/// Appends JSON text without the white space between its tokens; digits stay as they are.
void append_compact_json(std::string& out, std::string_view json);

} // namespace latchkey::core

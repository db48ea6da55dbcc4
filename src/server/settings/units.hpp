#pragma once
// Reads and writes durations and sizes as people write them: "150ms", "64KiB". A duration needs a
// unit; a size without one is in bytes.

#include <latchkey/core/clock.hpp>
#include <latchkey/core/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::server {

/// Reads an integer with a unit: ms, s, m, h or d. A failure's message continues the quoted value:
/// `has no unit …`.
core::result<core::milliseconds> parse_duration(std::string_view text);

/// Writes it in the largest unit that divides it: "1h", "75s", "1500ms".
std::string format_duration(core::milliseconds);

/// Reads a size: an integer of bytes, or one with a unit: B, KiB, MiB or GiB. Fails as
/// parse_duration does.
core::result<std::int64_t> parse_bytes(std::string_view text);

/// Writes it in the largest unit that divides it: "64KiB", "1000B".
std::string format_bytes(std::int64_t bytes);

/// Reads a decimal integer without sign and spaces. Fails as parse_duration does.
core::result<std::int64_t> parse_count(std::string_view text);

} // namespace latchkey::server

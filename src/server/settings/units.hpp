#pragma once
// Durations and sizes as people write them: "150ms", "64KiB". A unit is required where leaving it
// out would leave a doubt.

#include <latchkey/core/clock.hpp>
#include <latchkey/core/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey::server {

/// An integer with a unit: ms, s, m, h or d. A failure's message goes on from the quoted value:
/// `has no unit …`.
core::result<core::milliseconds> parse_duration(std::string_view text);

/// In the largest unit that divides it: "1h", "75s", "1500ms".
std::string format_duration(core::milliseconds);

/// Bytes: a bare integer, or one with a unit: B, KiB, MiB or GiB. Fails as parse_duration does.
core::result<std::int64_t> parse_bytes(std::string_view text);

/// In the largest unit that divides it: "64KiB", "1000B".
std::string format_bytes(std::int64_t bytes);

/// A decimal integer without sign, spaces and leading plus. Fails as parse_duration does.
core::result<std::int64_t> parse_count(std::string_view text);

} // namespace latchkey::server

#pragma once
// Bounds and words of what operators state, which the checks and the description of the API share.

#include <latchkey/core/clock.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace latchkey::auth {

/// The latest end of a key, from when it is set.
inline constexpr core::seconds expires_in_max{std::chrono::hours(24) * 36500};

// --- Of a key's own limit; the same as in the table ---
inline constexpr std::int64_t limit_quantity_max = 1'000'000'000;
inline constexpr core::seconds limit_window_max = std::chrono::hours(6 * 24);

/// By the values of key_import_format.
inline constexpr std::array<std::string_view, 3> key_import_formats = {"latchkey", "better-auth",
                                                                       "unkey"};

} // namespace latchkey::auth

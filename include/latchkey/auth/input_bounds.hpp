#pragma once
// Bounds and words of what operators state, which the checks and the description of the API share.

#include <latchkey/core/clock.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace latchkey::auth {

/// The latest end of a key, from when it is set.
inline constexpr core::seconds expires_in_max{std::chrono::hours(24) * 36500};

// --- Of a key's own limit; the same as in the table ---
inline constexpr std::int64_t limit_quantity_max = 1'000'000'000;
inline constexpr core::seconds limit_window_max = std::chrono::hours(6 * 24);

/// Who counts it: each node by itself, or all nodes together.
inline constexpr std::array<std::string_view, 2> rate_scopes = {"node", "fleet"};
constexpr std::string_view rate_scope_name(bool is_fleet) noexcept {
    return rate_scopes[is_fleet ? 1 : 0];
}
// --- Of `permissions` in a question ---
inline constexpr std::size_t permissions_bytes_max = 1024;
inline constexpr std::size_t permissions_names_max = 32; ///< the same name twice counts twice
inline constexpr std::size_t permissions_depth_max = 16; ///< parentheses within each other

/// Of a key or a device; the same as in schema/0025.
inline constexpr std::size_t roles_max = 20;

/// By the values of key_import_format.
inline constexpr std::array<std::string_view, 3> key_import_formats = {"latchkey", "better-auth",
                                                                       "unkey"};

} // namespace latchkey::auth

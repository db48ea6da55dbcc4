#pragma once
// How long an old secret still works after a rotation: of API keys and of devices.

#include <latchkey/core/clock.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace latchkey::auth {

inline constexpr core::seconds overlap_default{std::chrono::hours(24)};
inline constexpr core::seconds overlap_max{std::chrono::hours(24) * 90};

/// Returns what is wrong with it, as a sentence, or nullopt.
inline std::optional<std::string> check_overlap(core::seconds overlap) {
    if (overlap >= core::seconds(0) && overlap <= overlap_max) return std::nullopt;
    return "field \"overlap\" must be from 0 to " + std::to_string(overlap_max.count()) +
           " seconds";
}

} // namespace latchkey::auth

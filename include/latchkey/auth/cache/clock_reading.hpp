#pragma once
// When a question arrived, by all clocks that decide about it.

#include <latchkey/auth/cache/consistency.hpp>
#include <latchkey/core/clock.hpp>

#include <cstdint>
#include <optional>

namespace latchkey::auth {

struct clock_reading {
    core::moment freshness; ///< of the feed
    core::moment now;
    std::uint64_t losses = 0;            ///< of freshness, before that was read
    std::optional<core::moment> first{}; ///< of the same question, where this is the second time

    /// In this order: what was known then is not younger than the clocks say.
    static clock_reading read(const consistency& known) noexcept {
        const auto losses = known.losses();
        const auto freshness = known.freshness();
        return {freshness, core::moment::now(), losses};
    }
};

} // namespace latchkey::auth

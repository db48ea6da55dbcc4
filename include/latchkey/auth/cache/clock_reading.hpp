#pragma once
// A reading of all clocks that decide about a question, taken when it arrived.

#include <latchkey/auth/cache/consistency.hpp>
#include <latchkey/core/clock.hpp>

#include <cstdint>
#include <optional>

namespace latchkey::auth {

struct clock_reading {
    core::moment freshness; ///< of the feed: consistency::freshness()
    core::moment now;
    std::uint64_t losses = 0; ///< consistency::losses(), read before freshness
    /// When the question first came, if this is its second time.
    std::optional<core::moment> first{};

    /// The order of the calls matters: the feed must not seem younger than it is by the clocks.
    static clock_reading read(const consistency& known) noexcept {
        const auto losses = known.losses();
        const auto freshness = known.freshness();
        return {freshness, core::moment::now(), losses};
    }
};

} // namespace latchkey::auth

#pragma once
// When a question arrived, by all clocks that decide about it.

#include <latchkey/auth/consistency.hpp>
#include <latchkey/core/clock.hpp>

namespace latchkey::auth {

struct arrival {
    core::moment freshness; ///< of the feed
    core::moment now;

    /// In this order: what was known then is not younger than the clocks say.
    static arrival read(const consistency& known) noexcept {
        const auto freshness = known.freshness();
        return {freshness, core::moment::now()};
    }
};

} // namespace latchkey::auth

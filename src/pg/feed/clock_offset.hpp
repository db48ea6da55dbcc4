#pragma once

#include <latchkey/core/clock.hpp>

namespace latchkey::pg {

/// Returns by how much the database's clock is ahead of this machine's (negative: behind), at
/// least: it was read at some time between `began` and `ended`, and what that leaves open counts as
/// no difference. Pure.
constexpr core::nanoseconds clock_offset(core::real_time began, core::real_time database_now,
                                         core::real_time ended) noexcept {
    if (database_now > ended) return database_now - ended;
    if (database_now < began) return database_now - began;
    return core::nanoseconds(0);
}

} // namespace latchkey::pg

#pragma once

#include "pg/feed/feed_lag.hpp"

#include <latchkey/core/clock.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/pg/legacy/mirror_state.hpp>
#include <latchkey/pg/metrics.hpp>

#include <span>

namespace latchkey::pg {

/// The feed's cells. Counted on its thread, collected on any.
struct feed_metrics {
    pg::metrics connection;
    core::latency_histogram lag;
    core::counter polls;
    core::counter changes;
    core::counter resets;
    feed_lag lag_of;

    /// After each poll that was applied, in their order. `since`: what has passed since the poll
    /// began, and so since the database's clock said `database_now`, at most.
    void applied(std::span<const core::real_time> committed_at, core::real_time database_now,
                 core::nanoseconds since) noexcept;
    /// `age`: of what is known.
    void collect(core::metric_sink&, core::nanoseconds age) const;
};

void collect_mirror(core::metric_sink&, const mirror_state&);

} // namespace latchkey::pg

#pragma once

#include "pg/feed/feed_lag.hpp"

#include <latchkey/core/clock.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/pg/feed/audit_state.hpp>
#include <latchkey/pg/legacy/mirror_state.hpp>
#include <latchkey/pg/metrics.hpp>

#include <atomic>
#include <optional>
#include <span>

namespace latchkey::pg {

/// The feed's metric cells. Counted on its thread; any thread may collect them.
struct feed_metrics {
    pg::metrics connection;
    core::latency_histogram lag;
    core::counter polls;
    core::counter changes;
    core::counter resets;
    core::counter resumptions;
    core::gauge clock_offset_us; ///< as of clock_offset()
    std::atomic<bool> has_clock{false};
    feed_lag lag_of;

    /// Call after each applied poll, in order. `since`: the time since the poll began, and so at
    /// most the time since the database's clock read `database_now`.
    void applied(std::span<const core::real_time> committed_at, core::real_time database_now,
                 core::nanoseconds since) noexcept;
    /// A poll was answered, between two readings of this machine's clock.
    void clock_read(core::real_time began, core::real_time database_now,
                    core::real_time ended) noexcept;
    /// Any thread. Nullopt before the first poll.
    std::optional<core::nanoseconds> clock_offset() const noexcept;
    /// `age`: the age of the node's state.
    void collect(core::metric_sink&, core::nanoseconds age) const;
};

void collect_mirror(core::metric_sink&, const mirror_state&);
void collect_audit(core::metric_sink&, const audit_state&);

} // namespace latchkey::pg

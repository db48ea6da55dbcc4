#pragma once

#include <latchkey/core/clock.hpp>

namespace latchkey::pg {

/// From the commit of a change to its being applied, as exactly as can be known: its row has the
/// time at which its trigger ran, and the transaction may have gone on for long after that. But the
/// poll before could not see it, and so it was committed after that one had begun. What is told is
/// never less than the lag, but for what the database's clock is set meanwhile: exact for a short
/// transaction, and for a long one more by no more than the time between two polls.
class feed_lag {
  public:
    /// A poll was applied. As feed_metrics::applied.
    void poll_ended(core::real_time database_now, core::nanoseconds since) noexcept;
    /// Of a change that it told.
    core::nanoseconds of(core::real_time at) const noexcept;

  private:
    core::real_time now_{};
    core::nanoseconds since_{};
    core::nanoseconds bound_ = core::nanoseconds::max();
    bool first_ = true;
};

} // namespace latchkey::pg

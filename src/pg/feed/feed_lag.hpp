#pragma once

#include <latchkey/core/clock.hpp>

namespace latchkey::pg {

/// Measures the time from the commit of a change until it is applied, as exactly as possible. A
/// change's row has the time at which its trigger ran, and its transaction may have gone on long
/// after that. But the poll before did not see the change, so it was committed after that poll
/// began. The result is never below the true lag, unless the database's clock was set meanwhile: it
/// is exact for a short transaction, and for a long one too high by at most the time between two
/// polls.
class feed_lag {
  public:
    /// A poll was applied. Parameters as in feed_metrics::applied.
    void poll_ended(core::real_time database_now, core::nanoseconds since) noexcept;
    /// The lag of a change in that poll.
    core::nanoseconds of(core::real_time at) const noexcept;

  private:
    core::real_time now_{};
    core::nanoseconds since_{};
    core::nanoseconds bound_ = core::nanoseconds::max();
    bool first_ = true;
};

} // namespace latchkey::pg

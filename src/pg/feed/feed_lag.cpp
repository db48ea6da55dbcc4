#include "pg/feed/feed_lag.hpp"

#include <algorithm>

namespace latchkey::pg {

// The poll before began at most `since_` before its clock reading `now_`; a change of this poll was
// committed after that, and is applied at most `since` after `database_now`.
void feed_lag::poll_ended(core::real_time database_now, core::nanoseconds since) noexcept {
    const core::nanoseconds between = database_now - now_;
    const bool set_back = between < core::nanoseconds(0);
    bound_ = first_ || set_back ? core::nanoseconds::max() : between + since_ + since;
    now_ = database_now;
    since_ = since;
    first_ = false;
}

core::nanoseconds feed_lag::of(core::real_time at) const noexcept {
    const core::nanoseconds by_row = now_ - at + since_;
    return std::clamp(by_row, core::nanoseconds(0), bound_);
}

} // namespace latchkey::pg

#pragma once
// Checks that the triggers which write the feed are there: no poll tells what no trigger has
// written. Decides only; the caller passes the time.

#include <latchkey/core/clock.hpp>

#include <algorithm>
#include <utility>

namespace latchkey::pg {

class trigger_watch {
  public:
    static constexpr core::milliseconds mend_interval{1000}; ///< while triggers are missing

    explicit trigger_watch(core::milliseconds interval) noexcept : interval_(interval) {}

    /// For a new connection: the check is due at once, and comes before the first poll.
    void restart() noexcept {
        is_checked_ = false;
        next_ = {};
    }
    bool is_due(core::steady_time now) const noexcept { return now >= next_; }
    void asked(core::steady_time now) noexcept { next_ = now + interval_; }

    enum class news {
        none,
        checked, ///< for the first time on this connection: polls may begin
        back,    ///< they were missing, so everything must be read anew
    };
    news are_there() noexcept {
        const bool was_checked = std::exchange(is_checked_, true);
        if (std::exchange(missing_, false)) return news::back;
        return was_checked ? news::none : news::checked;
    }
    /// Triggers are missing, or it is not known whether they are.
    void are_missing(core::steady_time now) noexcept {
        is_checked_ = missing_ = true;
        next_ = now + std::min(mend_interval, interval_);
    }

    /// The feed does not tell all changes.
    bool misses_changes() const noexcept { return missing_; }
    bool allows_polls() const noexcept { return is_checked_ && !missing_; }

  private:
    core::milliseconds interval_;
    core::steady_time next_{};
    bool is_checked_ = false; ///< on this connection
    bool missing_ = false;
};

} // namespace latchkey::pg

#pragma once
// Bounds the share of a worker's time that is spent on signatures that turn out to be bad. A check
// costs as much as ten or twenty cached answers, and anybody can make up tokens. While the budget
// is used up, tokens that are not cached are neither checked nor decided. Good tokens spend
// nothing.

#include <latchkey/core/clock.hpp>

#include <algorithm>

namespace latchkey::auth {

/// One per worker, on its thread.
class check_budget {
  public:
    /// The budget holds at most what comes back in this time.
    static constexpr core::milliseconds reserve{200};

    /// `percent` of the time; 100 means no bound.
    explicit check_budget(unsigned percent) noexcept
        : percent_(percent), left_(reserve * percent / 100) {}

    /// True while the budget allows another check.
    bool open(core::boot_time now) noexcept {
        if (percent_ >= 100) return true;
        // The clamp keeps the product in range after a long pause; the reserve is full long before.
        const auto passed = std::clamp<core::nanoseconds>(now - seen_, {}, reserve * 100);
        seen_ = std::max(seen_, now);
        left_ = std::min(most(), left_ + passed * percent_ / 100);
        return left_ > core::nanoseconds(0);
    }
    /// Call after a check that failed. The loss is limited, so that one reserve restores the budget
    /// even if the process was stopped during the check.
    void spend(core::nanoseconds took) noexcept {
        left_ = std::max(left_ - std::max(took, core::nanoseconds(0)), -most());
    }

  private:
    core::nanoseconds most() const noexcept { return reserve * percent_ / 100; }

    unsigned percent_;
    core::nanoseconds left_;
    core::boot_time seen_{};
};

} // namespace latchkey::auth

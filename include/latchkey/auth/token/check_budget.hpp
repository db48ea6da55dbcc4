#pragma once
// How much of a worker's time may go into signatures that turn out to be bad. A check costs as much
// as ten or twenty cached answers, and anybody can make up tokens: past the budget, tokens that are
// not cached are not checked, and not decided, until it has come back. Good ones spend nothing.

#include <latchkey/core/clock.hpp>

#include <algorithm>

namespace latchkey::auth {

/// One per worker.
class check_budget {
  public:
    /// What may be spent at once is what comes back in this time.
    static constexpr core::milliseconds reserve{200};

    /// `percent` of the time; 100: no bound.
    explicit check_budget(unsigned percent) noexcept
        : percent_(percent), left_(reserve * percent / 100) {}

    bool open(core::boot_time now) noexcept {
        if (percent_ >= 100) return true;
        // After a pause of years the product would not fit; the reserve is full long before.
        const auto passed = std::clamp<core::nanoseconds>(now - seen_, {}, reserve * 100);
        seen_ = std::max(seen_, now);
        left_ = std::min(most(), left_ + passed * percent_ / 100);
        return left_ > core::nanoseconds(0);
    }
    /// By a check that failed. However long it seems to have taken, as where the process was
    /// stopped meanwhile, a reserve brings it back.
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

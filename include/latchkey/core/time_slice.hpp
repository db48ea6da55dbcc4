#pragma once
// Long work goes on for a while, then lets others have their turn.

#include <latchkey/core/clock.hpp>

namespace latchkey::core {

/// How long one turn may last. The clock is looked at every few steps, or at once after one that is
/// known to take long.
class time_slice {
  public:
    static constexpr unsigned steps_between_looks = 8;

    time_slice(core::boot_time begun, core::nanoseconds length) noexcept : end_(begun + length) {}

    /// Before each step: is it time for a look at the clock?
    bool look_is_due() noexcept { return steps_++ % steps_between_looks == 0; }
    /// The step that comes next is preceded by a look.
    void look_soon() noexcept { steps_ = 0; }
    /// What the look tells.
    bool over(core::boot_time now) const noexcept { return now >= end_; }

  private:
    core::boot_time end_;
    unsigned steps_ = 1; ///< it begins with a look
};

} // namespace latchkey::core

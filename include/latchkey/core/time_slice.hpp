#pragma once
// Lets long work run for a limited time before it lets other work run.

#include <latchkey/core/clock.hpp>

namespace latchkey::core {

/// The time that one turn may last. The clock is read every few steps, and before a step that is
/// known to take long.
class time_slice {
  public:
    static constexpr unsigned steps_between_looks = 16;

    time_slice(core::boot_time begun, core::nanoseconds length) noexcept : end_(begun + length) {}

    /// Call it before each step. True if the clock should be read now.
    bool look_is_due() noexcept { return steps_++ % steps_between_looks == 0; }
    /// Has the clock read before the next step.
    void look_soon() noexcept { steps_ = 0; }
    /// Whether the turn is over.
    bool over(core::boot_time now) const noexcept { return now >= end_; }

  private:
    core::boot_time end_;
    unsigned steps_ = 1; ///< the caller has just read the clock
};

} // namespace latchkey::core

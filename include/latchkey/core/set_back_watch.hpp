#pragma once
// Notices that the real clock was set back.
//
// A guest that is paused may find its boot clock where it was; that time has passed is then told by
// the real clock alone. If that one had been set back an hour before, it would say of what was
// there before that it is from the future, and a pause of a minute would change nothing about it.
// So the steps back are added up, and ages are counted with them (core::age).

#include <latchkey/core/clock.hpp>

#include <optional>

namespace latchkey::core {

/// Decides; reads no clock. One thread.
class set_back_watch {
  public:
    /// The two clocks are read one after the other, and are both slewed alike: less than this is no
    /// step.
    static constexpr milliseconds tolerance{5};

    /// Now and then, often enough that no pause falls into the same interval as a step back. By how
    /// much the real clock was set back against the boot clock since the last look.
    nanoseconds look(const moment& now) noexcept;

  private:
    std::optional<nanoseconds> ahead_; ///< the real clock, of the boot clock
};

/// Looks at the process's clocks, and has what is found counted in `moment::now()` from now on.
/// Answers with it. By one thread of the process.
nanoseconds watch_for_set_back(set_back_watch&) noexcept;

} // namespace latchkey::core

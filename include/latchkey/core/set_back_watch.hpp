#pragma once
// Notices that the real clock was set back.
//
// While a guest is paused, its boot clock may stand still, so that only the real clock shows the
// pause. If the real clock had been set back an hour before, older readings of it would lie in the
// future, and a pause of a minute would not make them old. So the steps back are added up, and ages
// are counted with the sum (core::age).

#include <latchkey/core/clock.hpp>

#include <optional>

namespace latchkey::core {

/// Only decides; reads no clock. One thread.
class set_back_watch {
  public:
    /// A smaller difference is not a step: the two clocks are read one after the other. Slewing
    /// moves both alike.
    static constexpr milliseconds tolerance{5};

    /// Returns by how much the real clock was set back against the boot clock since the last look,
    /// or zero. Call it often enough that no pause falls into the same interval as a step back.
    nanoseconds look(const moment& now) noexcept;

  private:
    std::optional<nanoseconds> ahead_; ///< the real clock minus the boot clock, at the last look
};

/// Looks at the process's clocks, adds what it finds to `moment::set_back` of all later readings,
/// and returns it. Only one thread of the process may call it.
nanoseconds watch_for_set_back(set_back_watch&) noexcept;

} // namespace latchkey::core

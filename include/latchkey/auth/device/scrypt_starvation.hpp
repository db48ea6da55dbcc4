#pragma once
// Detects that the scrypt threads get no CPU time because other programs use the machine. These
// threads give way to everything else, which protects the workers; if other programs take the CPU,
// giving way protects nobody here, and logins only wait longer. If the workers themselves use it,
// giving way is right.

#include <latchkey/core/clock.hpp>

#include <cstddef>
#include <cstdint>

namespace latchkey::auth {

/// Not thread-safe.
class scrypt_starvation {
  public:
    /// How long no computation may end before other programs are blamed: several times the time of
    /// one.
    static constexpr core::milliseconds patience{500};

    /// `cores` are those that this process may use.
    explicit scrypt_starvation(std::size_t cores) : cores_(static_cast<std::int64_t>(cores)) {}

    /// Called now and then. `wanted`: a computation waits or runs. `finished`: how many have ended
    /// so far. `used`: the CPU time of this process so far, of all its threads. Returns true if
    /// none has ended for `patience`, and this process used less than half of its cores' time
    /// meanwhile.
    bool look(bool wanted, std::uint64_t finished, core::boot_time now,
              core::nanoseconds used) noexcept {
        if (!wanted || finished != finished_ || now < since_) {
            finished_ = finished;
            since_ = now;
            used_ = used;
            return false;
        }
        const auto passed = now - since_;
        return passed >= patience && used - used_ < passed * cores_ / 2;
    }

  private:
    std::int64_t cores_;
    std::uint64_t finished_ = 0;
    /// Time of the last change; max() before the first look.
    core::boot_time since_ = core::boot_time::max();
    core::nanoseconds used_{};
};

} // namespace latchkey::auth

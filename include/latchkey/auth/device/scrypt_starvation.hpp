#pragma once
// Do the threads that compute scrypt, which give way to whatever else runs, get nothing because
// other programs take the machine? Then giving way spares nobody here: the workers rest, and only
// those who log in wait. Where the workers themselves take it, giving way is what the threads are
// for.

#include <latchkey/core/clock.hpp>

#include <cstddef>
#include <cstdint>

namespace latchkey::auth {

/// Not for several threads at once.
class scrypt_starvation {
  public:
    /// How long nothing may come of a computation before other programs are blamed: several times
    /// what one takes.
    static constexpr core::milliseconds patience{500};

    /// `cores`: those that this process may use.
    explicit scrypt_starvation(std::size_t cores) : cores_(static_cast<std::int64_t>(cores)) {}

    /// Now and then. `wanted`: a computation waits or runs; `finished`: how many have come to an
    /// end so far; `used`: the CPU time of this process so far, of all its threads. True: nothing
    /// has come to an end for `patience`, and this process had less than half of its cores
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
    core::boot_time since_ = core::boot_time::max(); ///< of the last change; max: no look yet
    core::nanoseconds used_{};
};

} // namespace latchkey::auth

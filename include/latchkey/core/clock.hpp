#pragma once
// Time is an argument wherever it decides; only the shells at the edge read a clock.

#include <chrono>

namespace latchkey::core {

using steady_time = std::chrono::steady_clock::time_point; ///< deadlines, durations
using real_time = std::chrono::system_clock::time_point;   ///< expiry dates, log lines
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

/// CLOCK_BOOTTIME: monotonic, and goes on while the machine is suspended. The clock of everything
/// that grows too old to be believed: the staleness bound, the cache's TTLs, a flight's deadline.
struct boot_clock {
    using duration = nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<boot_clock>;
    static constexpr bool is_steady = true;
    static time_point now() noexcept;
};
using boot_time = boot_clock::time_point;

/// One instant on both clocks. A machine that was paused from outside (a suspended guest) may see
/// its boot clock stand still; the real clock, once set right, tells.
struct moment {
    boot_time boot{};
    real_time real{};
    /// How far the real clock has been set back until now (core/set_back_watch.hpp): without it, a
    /// pause after that would only bring the clock back to where it was.
    nanoseconds set_back{};
    static moment now() noexcept;

    /// The real clock, had it never been set back. Not a date.
    constexpr real_time onward() const noexcept {
        return real + std::chrono::duration_cast<real_time::duration>(set_back);
    }
};

/// How long ago `then` was: the largest that any clock says. Never less than what the boot clock
/// says, and a real clock that is set back makes nothing younger.
constexpr nanoseconds age(const moment& then, const moment& now) noexcept {
    const nanoseconds by_boot = now.boot - then.boot;
    const nanoseconds by_real = now.onward() - then.onward();
    return by_boot > by_real ? by_boot : by_real;
}

} // namespace latchkey::core

#pragma once
// Time is an argument wherever it decides something; only the outermost code reads a clock.

#include <chrono>

namespace latchkey::core {

using steady_time = std::chrono::steady_clock::time_point; ///< deadlines, durations
using real_time = std::chrono::system_clock::time_point;   ///< expiry dates, log lines
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

inline steady_time steady_now() noexcept {
    return std::chrono::steady_clock::now();
}

/// CLOCK_BOOTTIME: monotonic, and it goes on while the machine is suspended. It measures everything
/// that may become too old to use: the staleness bound, the cache's TTLs, a flight's deadline.
struct boot_clock {
    using duration = nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<boot_clock>;
    static constexpr bool is_steady = true;
    static time_point now() noexcept;
};
using boot_time = boot_clock::time_point;

/// One instant on both clocks. When a machine is paused from outside (a suspended guest), its boot
/// clock may stand still; then only the real clock shows the pause, once it has been set right.
struct moment {
    boot_time boot{};
    real_time real{};
    /// How far the real clock has been set back in total (core/set_back_watch.hpp). Without it, a
    /// pause after a step back would only bring the clock back to its old reading.
    nanoseconds set_back{};
    static moment now() noexcept;

    /// The real clock as if it had never been set back. Not a date.
    constexpr real_time onward() const noexcept {
        return real + std::chrono::duration_cast<real_time::duration>(set_back);
    }
};

/// How long ago `then` was: the longer of the two clocks' answers. It is never less than what the
/// boot clock says, and a real clock that is set back makes nothing younger.
constexpr nanoseconds age(const moment& then, const moment& now) noexcept {
    const nanoseconds by_boot = now.boot - then.boot;
    const nanoseconds by_real = now.onward() - then.onward();
    return by_boot > by_real ? by_boot : by_real;
}

} // namespace latchkey::core

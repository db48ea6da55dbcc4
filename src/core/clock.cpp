#include <latchkey/core/clock.hpp>

#include <latchkey/core/set_back_watch.hpp>

#include <atomic>
#include <ctime>

namespace latchkey::core {

namespace {

// The sum of the steps back. One for the process, as its clocks are.
std::atomic<std::int64_t> set_back_ns{0};

} // namespace

boot_time boot_clock::now() noexcept {
    timespec t{};
    ::clock_gettime(CLOCK_BOOTTIME, &t);
    return boot_time(seconds(t.tv_sec) + nanoseconds(t.tv_nsec));
}

moment moment::now() noexcept {
    // Read first: if the clock is set back in between, the moment counts as older, not younger.
    const nanoseconds set_back(set_back_ns.load(std::memory_order_relaxed));
    return {boot_clock::now(), std::chrono::system_clock::now(), set_back};
}

nanoseconds set_back_watch::look(const moment& now) noexcept {
    const nanoseconds ahead = now.real.time_since_epoch() - now.boot.time_since_epoch();
    const auto fell = ahead_ ? *ahead_ - ahead : nanoseconds(0);
    ahead_ = ahead;
    return fell > tolerance ? fell : nanoseconds(0);
}

nanoseconds watch_for_set_back(set_back_watch& watch) noexcept {
    const auto fell = watch.look(moment::now());
    if (fell > nanoseconds(0)) set_back_ns.fetch_add(fell.count(), std::memory_order_relaxed);
    return fell;
}

} // namespace latchkey::core

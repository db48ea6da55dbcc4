#include <latchkey/core/clock.hpp>

#include <ctime>

namespace latchkey::core {

boot_time boot_clock::now() noexcept {
    timespec t{};
    ::clock_gettime(CLOCK_BOOTTIME, &t);
    return boot_time(seconds(t.tv_sec) + nanoseconds(t.tv_nsec));
}

moment moment::now() noexcept {
    return {boot_clock::now(), std::chrono::system_clock::now()};
}

} // namespace latchkey::core

#pragma once

#include <latchkey/core/clock.hpp>

#include <algorithm>
#include <cstddef>

namespace latchkey::auth {

/// What scrypt may take of the machine. Past a bound, a device's question is not decided (503).
struct scrypt_configuration {
    std::size_t threads = 0;                 ///< 0: one for each two cores, at least one
    std::size_t queue_max = 32;              ///< computations that wait, in all
    std::size_t device_max = 4;              ///< that wait or run for one device
    core::milliseconds wait_max{2000};       ///< in the queue
    std::size_t results_max = 20'000;        ///< outcomes kept
    core::milliseconds results_ttl{300'000}; ///< for how long
};

constexpr std::size_t scrypt_threads(const scrypt_configuration& c, std::size_t cores) noexcept {
    return c.threads > 0 ? c.threads : std::max<std::size_t>(1, cores / 2);
}

} // namespace latchkey::auth

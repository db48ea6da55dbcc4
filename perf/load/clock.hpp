#pragma once
#include <chrono>
#include <cstdint>

namespace load {

/// Nanoseconds of the monotonic clock. Whatever decides by time takes `now` as an argument.
using instant = std::int64_t;

constexpr instant second = 1'000'000'000;

inline instant read_clock() {
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

inline std::chrono::steady_clock::time_point as_time_point(instant at) {
    return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(at));
}

inline instant as_instant(double seconds) {
    return static_cast<instant>(seconds * static_cast<double>(second));
}

} // namespace load

#pragma once
// Time is an argument wherever it decides; only the shells at the edge read a clock.

#include <chrono>

namespace latchkey::core {

using steady_time = std::chrono::steady_clock::time_point; ///< deadlines, durations, TTLs
using real_time = std::chrono::system_clock::time_point;   ///< expiry dates, log lines
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

} // namespace latchkey::core

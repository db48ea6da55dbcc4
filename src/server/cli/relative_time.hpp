#pragma once
// Times as people say them.

#include <latchkey/core/clock.hpp>

#include <string>

namespace latchkey::server {

/// Returns "3 h ago", "in 12 d" or "now" (less than a second away), in one unit, rounded down: s
/// below 60, min below 60, h below 48, d below 730, then y (of 365 d).
std::string relative_time(core::real_time then, core::real_time now);

} // namespace latchkey::server

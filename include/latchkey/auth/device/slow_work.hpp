#pragma once

#include <functional>

namespace latchkey::auth {

/// Runs `work`, which would hold the control thread up, on another one, and `then` on the control
/// thread once it is done.
using slow_work = std::function<void(std::function<void()> work, std::function<void()> then)>;

} // namespace latchkey::auth

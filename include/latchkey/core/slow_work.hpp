#pragma once

#include <functional>

namespace latchkey::core {

/// Runs `work`, which would block the control thread, on another thread, and afterwards `then` on
/// the control thread.
using slow_work = std::function<void(std::function<void()> work, std::function<void()> then)>;

} // namespace latchkey::core

#pragma once
// Coroutines of one connection.

#include <latchkey/core/flow/task.hpp>

namespace latchkey::http {

using core::detached;
using core::task;

/// `co_await own_frame()` returns the handle of the awaiting coroutine, which continues
/// immediately.
class own_frame {
  public:
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> frame) noexcept {
        frame_ = frame;
        return false;
    }
    std::coroutine_handle<> await_resume() const noexcept { return frame_; }

  private:
    std::coroutine_handle<> frame_;
};

} // namespace latchkey::http

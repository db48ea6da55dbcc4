#pragma once
// A connection's wait for an endpoint that answers later.

#include <latchkey/http/exchange.hpp>

#include <coroutine>
#include <utility>

namespace latchkey::http {

/// `co_await` it once for each pending that an exchange waits for: it goes on when the endpoint
/// has called exchange::resume, which it may have done before. Lives on its connection's worker.
class answer_wait final : public waker {
  public:
    /// May destroy this object.
    void wake() override {
        if (waiting_)
            std::exchange(waiting_, {}).resume();
        else
            woken_ = true;
    }

    bool await_ready() const noexcept { return woken_; }
    void await_suspend(std::coroutine_handle<> where) noexcept { waiting_ = where; }
    void await_resume() noexcept { woken_ = false; }

  private:
    std::coroutine_handle<> waiting_;
    bool woken_ = false;
};

} // namespace latchkey::http

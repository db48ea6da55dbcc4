#pragma once
// Coroutines of one connection, or of other work on one thread. A `task<T>` is awaited once by
// another coroutine and runs in its place, or its owner resumes it; a `detached` one begins
// immediately and owns itself.

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace latchkey::http {

/// Begins when it is awaited or first resumed; is destroyed with the object. Resume what it
/// suspends on from one thread only.
template <class T>
class [[nodiscard]] task {
  public:
    struct promise_type {
        task get_return_object() noexcept { return task(handle::from_promise(*this)); }
        std::suspend_always initial_suspend() const noexcept { return {}; }
        auto final_suspend() const noexcept { return resume_caller{}; }
        void return_value(T result) { value = std::move(result); }
        void unhandled_exception() noexcept { thrown = std::current_exception(); }

        std::coroutine_handle<> caller = std::noop_coroutine();
        std::optional<T> value;
        std::exception_ptr thrown;
    };

    task(task&& other) noexcept : frame_(std::exchange(other.frame_, {})) {}
    task& operator=(task&&) = delete;
    ~task() {
        if (frame_) frame_.destroy();
    }

    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
        frame_.promise().caller = caller;
        return frame_;
    }
    T await_resume() {
        if (frame_.promise().thrown) std::rethrow_exception(frame_.promise().thrown);
        return std::move(*frame_.promise().value);
    }

    /// Runs it until it suspends or ends. Only for a task that no coroutine awaits; it must not
    /// have ended. Lets its exception out, which ends it.
    void resume() {
        frame_.resume();
        if (frame_.promise().thrown) std::rethrow_exception(frame_.promise().thrown);
    }

  private:
    using handle = std::coroutine_handle<promise_type>;
    struct resume_caller {
        bool await_ready() const noexcept { return false; }
        std::coroutine_handle<> await_suspend(handle ended) const noexcept {
            return ended.promise().caller;
        }
        void await_resume() const noexcept {}
    };
    explicit task(handle frame) noexcept : frame_(frame) {}

    handle frame_;
};

/// Its body must not let an exception out.
struct detached {
    struct promise_type {
        detached get_return_object() const noexcept { return {}; }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept { std::terminate(); }
    };
};

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

#pragma once
// Coroutines. A `task<T>` is awaited once by another coroutine and runs in its place, or its owner
// resumes it; a `detached` one begins immediately and owns itself; `called_back` lets a coroutine
// wait for a function that takes a callback.
//
//   task<int> twice(source& s) {
//       const int read = co_await called_back<int>([&](auto done) { s.read(std::move(done)); });
//       co_return 2 * read;
//   }

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>
#include <variant>

namespace latchkey::core {

/// Begins when it is awaited or first resumed; is destroyed with the object. Resume what it
/// suspends on from one thread only.
template <class T>
class [[nodiscard]] task {
  public:
    struct promise_type {
        task get_return_object() noexcept { return task(handle::from_promise(*this)); }
        std::suspend_always initial_suspend() const noexcept { return {}; }
        auto final_suspend() const noexcept { return resume_caller{}; }
        void return_value(T result) { value.emplace(std::move(result)); }
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

template <class T, class Start>
class callback_wait {
  public:
    explicit callback_wait(Start start) : start_(std::move(start)) {}
    callback_wait(const callback_wait&) = delete;
    callback_wait& operator=(const callback_wait&) = delete;

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> waiting) {
        start_([this](auto&&... value) {
            value_.emplace(std::forward<decltype(value)>(value)...);
            if (waiting_) waiting_.resume();
        });
        if (value_) return false;
        waiting_ = waiting;
        return true;
    }
    T await_resume() { return std::move(*value_); }

  private:
    Start start_;
    std::optional<T> value_;
    std::coroutine_handle<> waiting_;
};

/// `co_await called_back<T>(start)` calls `start(done)`, and returns the value with which `done` is
/// called: once, at once or later, on the thread of the coroutine. Without a T, `done` takes none.
template <class T = std::monostate, class Start>
callback_wait<T, Start> called_back(Start start) {
    return callback_wait<T, Start>(std::move(start));
}

} // namespace latchkey::core

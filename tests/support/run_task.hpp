#pragma once
// Runs tasks in tests.

#include <latchkey/core/flow/task.hpp>

#include <utility>

namespace latchkey::test {

/// Begins the task, and calls `done` with what it returns: at once, if it waits for nothing.
template <class T, class Done>
core::detached when_done(core::task<T> begun, Done done) {
    done(co_await begun);
}

} // namespace latchkey::test

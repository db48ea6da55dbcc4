#pragma once
// Work that would block the control thread, for its coroutines.

#include <latchkey/core/flow/task.hpp>
#include <latchkey/core/slow_work.hpp>

#include <optional>
#include <utility>

namespace latchkey::auth {

/// `co_await computed(elsewhere, work)` has another thread call `work`, and returns what that
/// returned. If the loop ends meanwhile, the coroutine neither goes on nor is destroyed: the
/// process is about to end.
template <class Work>
core::task<decltype(std::declval<Work&>()())> computed(const core::slow_work& elsewhere,
                                                       Work work) {
    std::optional<decltype(work())> out;
    co_await core::called_back(
        [&](auto done) { elsewhere([&] { out.emplace(work()); }, std::move(done)); });
    co_return std::move(*out);
}

} // namespace latchkey::auth

#include <latchkey/api/held_answers.hpp>

#include <algorithm>
#include <utility>

namespace latchkey::api {

void held_answers::drop(held& one) noexcept {
    if (std::exchange(one.is_held, false)) std::erase(all_, &one);
}

void held_answers::tick() {
    ++now_;
    const auto waits = [this](const held* one) { return one->since + 2 > now_; };
    const auto due = std::stable_partition(all_.begin(), all_.end(), waits);
    due_.assign(due, all_.end());
    all_.erase(due, all_.end());
    for (auto* one : due_)
        one->tick_came();
}

} // namespace latchkey::api

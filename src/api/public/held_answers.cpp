#include <latchkey/api/held_answers.hpp>

#include <utility>

namespace latchkey::api {

void held_answers::drop(held& one) noexcept {
    std::erase(all_, &one);
}

void held_answers::release() {
    released_.clear();
    std::swap(all_, released_);
    for (auto* one : released_)
        one->tick_came();
}

} // namespace latchkey::api

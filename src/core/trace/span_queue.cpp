#include <latchkey/core/trace/span_queue.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace latchkey::core {

void span_queue::push(trace_span one) {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < waiting_max_)
        waiting_.push_back(std::move(one));
    else
        ++dropped_;
}

std::vector<trace_span> span_queue::take(std::size_t at_most) {
    const std::lock_guard lock(mutex_);
    const auto count = std::min(at_most, waiting_.size());
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<trace_span> out(std::make_move_iterator(waiting_.begin()),
                                std::make_move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
    return out;
}

std::size_t span_queue::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
}

std::uint64_t span_queue::dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
}

} // namespace latchkey::core

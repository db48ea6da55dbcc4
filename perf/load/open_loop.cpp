#include "open_loop.hpp"

#include <algorithm>

namespace load {

open_loop::open_loop(const arrivals::plan& plan, std::size_t connections)
    : arrivals_(plan), free_(connections), waiting_(1024) {}

std::optional<open_loop::start> open_loop::next(instant now) {
    note_arrivals(now);
    if (free_.empty()) backlog_max_ = std::max(backlog_max_, waiting_count_);
    if (free_.empty() || waiting_count_ == 0) return {};
    return start{free_.take(), first_waiting()};
}

std::optional<instant> open_loop::wakes_at() const {
    if (arrivals_.are_over()) return {};
    return arrivals_.next();
}

void open_loop::note_arrivals(instant now) {
    for (; !arrivals_.are_over() && arrivals_.next() <= now; arrivals_.advance())
        wait(arrivals_.next());
}

void open_loop::wait(instant due) {
    if (waiting_count_ == waiting_.size()) {
        std::rotate(waiting_.begin(),
                    waiting_.begin() + static_cast<std::ptrdiff_t>(waiting_first_), waiting_.end());
        waiting_first_ = 0;
        waiting_.resize(2 * waiting_.size());
    }
    waiting_[(waiting_first_ + waiting_count_++) % waiting_.size()] = due;
}

instant open_loop::first_waiting() {
    const instant due = waiting_[waiting_first_];
    waiting_first_ = (waiting_first_ + 1) % waiting_.size();
    --waiting_count_;
    return due;
}

std::optional<instant> open_loop::give_up() {
    if (waiting_count_ == 0) return {};
    return first_waiting();
}

} // namespace load

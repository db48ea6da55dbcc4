#include "tally.hpp"

namespace load {

void tally::add(const tally& other) {
    for (std::size_t i = 0; i < by_kind.size(); ++i)
        by_kind[i].add(other.by_kind[i]);
    refused.add(other.refused);
    overdue.add(other.overdue);
    wrong += other.wrong;
    if (first_wrong.empty()) first_wrong = other.first_wrong;
    right_in_time += other.right_in_time;
    answers_in_time += other.answers_in_time;
    lost += other.lost;
    timeouts += other.timeouts;
    if (first_error.empty()) first_error = other.first_error;
    reopened += other.reopened;
    unanswered += other.unanswered;
    backlog_max += other.backlog_max;
}

std::uint64_t tally::right() const {
    std::uint64_t out = 0;
    for (const auto& one : by_kind)
        out += one.count();
    return out;
}

histogram tally::latency() const {
    histogram out = overdue;
    for (const auto& one : by_kind)
        out.add(one);
    return out;
}

} // namespace load

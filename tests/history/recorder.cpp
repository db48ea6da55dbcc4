#include "recorder.hpp"

#include <algorithm>

namespace latchkey::history {

int recorder::begin_write(std::string subject, std::string code, std::string by) {
    const std::lock_guard lock(mutex_);
    write w;
    w.id = static_cast<int>(history_.writes.size());
    w.subject = std::move(subject);
    w.code = std::move(code);
    w.begin = now();
    w.by = std::move(by);
    history_.writes.push_back(std::move(w));
    return history_.writes.back().id;
}

void recorder::end_write(int id, outcome how, bool everywhere) {
    const std::lock_guard lock(mutex_);
    finish(history_.writes[static_cast<std::size_t>(id)], how, now(), everywhere);
}

void recorder::add(read r) {
    const std::lock_guard lock(mutex_);
    history_.reads.push_back(std::move(r));
}

std::vector<std::string> recorder::newest(std::size_t count) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> out;
    const auto& all = history_.writes;
    for (auto i = all.size() - std::min(all.size(), count); i < all.size(); ++i)
        out.push_back(all[i].subject);
    return out;
}

std::vector<std::pair<int, std::string>> recorder::writes_of(const std::string& code) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<int, std::string>> out;
    for (const auto& w : history_.writes)
        if (w.code == code) out.emplace_back(w.id, w.subject);
    return out;
}

bool recorder::is_acknowledged(const std::string& subject) const {
    const std::lock_guard lock(mutex_);
    const auto& all = history_.writes;
    const auto last = std::find_if(all.rbegin(), all.rend(),
                                   [&](const write& w) { return w.subject == subject; });
    return last != all.rend() && last->how == outcome::acknowledged;
}

void recorder::begin_fault(fault f) {
    f.begin = now();
    add_fault(std::move(f));
}

void recorder::end_fault(const std::string& name, int node) {
    const std::lock_guard lock(mutex_);
    for (auto& f : history_.faults)
        if (f.name == name && f.node == node && f.end == moment::max()) f.end = now();
}

void recorder::mark_fault(fault f) {
    f.begin = f.end = now();
    add_fault(std::move(f));
}

void recorder::add_fault(fault f) {
    const std::lock_guard lock(mutex_);
    history_.faults.push_back(std::move(f));
}

void recorder::add_accepted(span when) {
    const std::lock_guard lock(mutex_);
    history_.accepted.push_back(when);
}

void recorder::settle_event(const survivors& there, span when) {
    const std::lock_guard lock(mutex_);
    settle(history_.writes, there, when);
    events_.push_back(when);
}

void recorder::settle_past(const survivors& there, moment asked) {
    const std::lock_guard lock(mutex_);
    latchkey::history::settle_past(history_.writes, there, events_, asked);
}

void recorder::lost_until_now() {
    const std::lock_guard lock(mutex_);
    if (events_.empty()) return;
    auto& over = events_.back().to;
    for (auto& w : history_.writes)
        if (w.lost && w.lost->to >= over) w.lost->to = std::max(w.lost->to, now());
    over = now();
}

history recorder::take(const survivors& there) {
    const std::lock_guard lock(mutex_);
    settle_at_end(history_.writes, there, events_, now());
    // A question that took long is recorded late; the judge reads in the order of begin.
    std::ranges::stable_sort(history_.reads, {}, &read::begin);
    return std::move(history_);
}

} // namespace latchkey::history

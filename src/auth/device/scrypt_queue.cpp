#include <latchkey/auth/device/scrypt_queue.hpp>

#include <algorithm>
#include <utility>

namespace latchkey::auth {

scrypt_question* scrypt_queue::with_key(const core::fingerprint& key) const noexcept {
    const auto fits = [&](const scrypt_question* q) { return q->key == key; };
    if (const auto found = std::ranges::find_if(running_, fits); found != running_.end())
        return *found;
    const auto found = std::ranges::find_if(waiting_, fits);
    return found != waiting_.end() ? *found : nullptr;
}

std::size_t scrypt_queue::count_of(const core::fingerprint& device) const noexcept {
    const auto fits = [&](const scrypt_question* q) { return q->device == device; };
    return static_cast<std::size_t>(std::ranges::count_if(running_, fits) +
                                    std::ranges::count_if(waiting_, fits));
}

scrypt_admission scrypt_queue::add(scrypt_question& q, core::boot_time now) {
    if (closed_) return scrypt_admission::stopped;
    if (auto* first = with_key(q.key)) {
        q.next_sharer = std::exchange(first->next_sharer, &q);
        return scrypt_admission::shared;
    }
    // The device's bound is checked before the queue's: a caller that floods its own device is told
    // that, and not that the queue is full.
    if (count_of(q.device) >= settings_.device_max) return scrypt_admission::device_full;
    if (waiting_.size() >= settings_.queue_max) return scrypt_admission::queue_full;
    q.next_sharer = nullptr;
    q.waits_since = now;
    waiting_.push_back(&q);
    return scrypt_admission::begun;
}

bool scrypt_queue::is_late(const scrypt_question& q, core::boot_time now) const noexcept {
    return now - q.waits_since > settings_.wait_max;
}

scrypt_queue::turn scrypt_queue::take(core::boot_time now) {
    if (waiting_.empty()) return {};
    auto* q = waiting_.front();
    q->runs_since = now;
    running_.push_back(q);
    waiting_.pop_front();
    return {q, is_late(*q, now)};
}

std::vector<scrypt_question*> scrypt_queue::expire(core::boot_time now) {
    std::vector<scrypt_question*> out;
    while (!waiting_.empty() && is_late(*waiting_.front(), now)) {
        out.push_back(waiting_.front());
        waiting_.pop_front();
    }
    return out;
}

bool scrypt_queue::runs_longer_than(core::milliseconds most, core::boot_time now) const noexcept {
    return std::ranges::any_of(running_, [&](const auto* q) { return now - q->runs_since > most; });
}

void scrypt_queue::finish(scrypt_question& q) noexcept {
    std::erase(running_, &q);
}

std::deque<scrypt_question*> scrypt_queue::close() noexcept {
    closed_ = true;
    return std::exchange(waiting_, {});
}

} // namespace latchkey::auth

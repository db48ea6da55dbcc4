#include <latchkey/core/flow/single_flight.hpp>

#include <utility>

namespace latchkey::core {

single_flight::single_flight(nanoseconds deadline) : deadline_(deadline), table_(buckets) {}

flight* single_flight::joinable(const fingerprint& key, std::uint64_t hash, const moment& now,
                                demand wanted, std::uint64_t changed_at) const noexcept {
    for (auto* f = table_[hash % buckets]; f; f = f->next_in_bucket) {
        if (f->key != key || f->tainted || f->sequence < changed_at) continue;
        if (wanted.unsent && f->sent) continue;
        if (age(f->asked_at, now) <= deadline_) return f;
    }
    return nullptr;
}

void single_flight::begin(flight& f, const fingerprint& key, std::uint64_t hash, const moment& now,
                          std::uint64_t sequence) {
    f = flight{};
    f.key = key;
    f.hash = hash;
    f.asked_at = now;
    f.sequence = sequence;
    f.next_in_bucket = std::exchange(bucket(hash), &f);
    ++under_way_;
}

void single_flight::join(flight& f, flight_waiter& w, demand wanted) noexcept {
    w.next_waiter = nullptr;
    (f.last ? f.last->next_waiter : f.first) = &w;
    f.last = &w;
    f.keep = f.keep || wanted.keep;
}

void single_flight::taint(const fingerprint& key, std::uint64_t hash) noexcept {
    for (auto* f = bucket(hash); f; f = f->next_in_bucket)
        if (f->key == key) f->tainted = true;
}

single_flight::landing single_flight::finish(flight& f, const moment& now) noexcept {
    auto** link = &bucket(f.hash);
    while (*link != &f)
        link = &(*link)->next_in_bucket;
    *link = f.next_in_bucket;
    --under_way_;
    const bool late = age(f.asked_at, now) > deadline_;
    return {late, f.keep && !f.tainted && !late, std::exchange(f.first, nullptr)};
}

} // namespace latchkey::core

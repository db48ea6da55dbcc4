#include <latchkey/core/flow/lease_bucket.hpp>

#include <algorithm>

namespace latchkey::core {

namespace {

std::int64_t count(boot_time t) noexcept {
    return t.time_since_epoch().count();
}

} // namespace

// If both hold, the present one: the next one begins as early as its window may.
const lease_bucket::slot* lease_bucket::slot_at(std::int64_t now) const noexcept {
    const slot* found = nullptr;
    std::int64_t ends = never;
    for (const auto& one : slots_) {
        const auto until = one.until.load(std::memory_order_acquire);
        if (now >= until || now < one.from.load(std::memory_order_relaxed) || until > ends)
            continue;
        found = &one;
        ends = until;
    }
    return found;
}

lease_decision lease_bucket::without_slot(std::int64_t now) const noexcept {
    const auto unsure = now < unsure_until_.load(std::memory_order_relaxed);
    return {unsure ? lease_decision::standing::unsure : lease_decision::standing::unknown};
}

lease_decision lease_bucket::decide(const slot* in, std::int64_t left, std::uint64_t cost,
                                    std::int64_t now) const noexcept {
    using enum lease_decision::standing;
    const auto most = static_cast<std::uint64_t>(terms_.most);
    lease_decision d;
    d.remaining = std::min<std::uint64_t>(
        most, static_cast<std::uint64_t>(std::max<std::int64_t>(0, left)) +
                  static_cast<std::uint64_t>(in->rest.load(std::memory_order_relaxed)));
    d.ends_in = nanoseconds(in->until.load(std::memory_order_relaxed) - now);
    if (cost <= most && static_cast<std::int64_t>(cost) <= left)
        d.what = allowed;
    else if (cost > most || in->spent.load(std::memory_order_relaxed))
        d.what = spent;
    else
        d.what = without_slot(now).what;
    return d;
}

void lease_bucket::note_refusal(const lease_decision& d) noexcept {
    if (d.what != lease_decision::standing::allowed && !wanted_.load(std::memory_order_relaxed))
        wanted_.store(true, std::memory_order_relaxed);
}

lease_decision lease_bucket::look(std::uint64_t cost, boot_time now) noexcept {
    const auto at = count(now);
    const auto* in = slot_at(at);
    if (!in) return without_slot(at);
    const auto d = decide(in, in->left.load(std::memory_order_relaxed), cost, at);
    note_refusal(d);
    return d;
}

lease_decision lease_bucket::take(std::uint64_t cost, boot_time now) noexcept {
    const auto at = count(now);
    auto* in = const_cast<slot*>(slot_at(at));
    if (!in) return without_slot(at);
    auto left = in->left.load(std::memory_order_relaxed);
    for (;;) {
        auto d = decide(in, left, cost, at);
        if (d.what != lease_decision::standing::allowed) {
            note_refusal(d);
            return d;
        }
        const auto after = left - static_cast<std::int64_t>(cost);
        if (cost != 0 && !in->left.compare_exchange_weak(left, after, std::memory_order_relaxed))
            continue;
        d.remaining -= std::min(d.remaining, cost);
        return d;
    }
}

} // namespace latchkey::core

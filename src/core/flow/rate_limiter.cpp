#include <latchkey/core/flow/rate_limiter.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <span>

namespace latchkey::core {

namespace {

constexpr int time_bits = 44;
constexpr std::uint64_t time_mask = (std::uint64_t{1} << time_bits) - 1;
constexpr std::uint64_t tag_unit = std::uint64_t{1} << time_bits;
// No debt is larger. A time that seems further ahead lies in the past.
constexpr std::uint64_t debt_max = static_cast<std::uint64_t>(
    nanoseconds(rate_rule::refill_max + std::chrono::hours(24)).count() >> rate_rule::unit_shift);
static_assert(debt_max < time_mask / 2);

constexpr std::size_t sweep_parts = 4096;

std::uint64_t units(boot_time t) noexcept {
    return static_cast<std::uint64_t>(t.time_since_epoch().count()) >> rate_rule::unit_shift;
}
nanoseconds span_of(std::uint64_t units) noexcept {
    return nanoseconds(units << rate_rule::unit_shift);
}

// Never 0, because 0 marks an empty word.
std::uint64_t tag_of(std::uint64_t hash) noexcept {
    return std::max(hash & ~time_mask, tag_unit);
}

std::uint64_t debt_of(std::uint64_t word, std::uint64_t now, std::uint64_t most) noexcept {
    const auto ahead = (word - now) & time_mask;
    return word == 0 || ahead > most ? 0 : ahead;
}

// By its own rule a bucket owes at most the tolerance, or a little more if `now` was read before
// another thread's. A time further ahead than that was left before the times wrapped around.
std::uint64_t debt_of(std::uint64_t word, std::uint64_t now, const rate_rule& rule) noexcept {
    constexpr std::uint64_t late_max = static_cast<std::uint64_t>(
        nanoseconds(std::chrono::hours(1)).count() >> rate_rule::unit_shift);
    return std::min(debt_of(word, now, rule.tolerance() + late_max), rule.tolerance());
}

rate_decision decide(std::uint64_t debt, const rate_rule& rule, std::uint64_t cost) noexcept {
    const auto room = rule.tolerance() - debt;
    rate_decision d;
    // The first test keeps an absurd cost from overflowing the second.
    d.allowed = cost <= rule.burst() && cost * rule.interval() <= room;
    const auto taken = d.allowed ? cost * rule.interval() : 0;
    d.remaining = (room - taken) / rule.interval();
    d.full_after = span_of(debt + taken);
    if (!d.allowed)
        d.retry_after =
            cost > rule.burst() ? rate_decision::never : span_of(cost * rule.interval() - room);
    return d;
}

} // namespace

rate_limiter::rate_limiter(std::size_t buckets, hash_key seed)
    : lines_(std::max<std::size_t>(1, (buckets + slots - 1) / slots)), seed_(seed) {
    // The pages are zero and aligned, and take no memory until they are written.
    void* const memory = ::mmap(nullptr, lines_ * sizeof(line), PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    // Checks hit random lines: huge pages avoid most TLB misses. If the system has none to give,
    // normal pages do.
    (void)::madvise(memory, lines_ * sizeof(line), MADV_HUGEPAGE);
    table_ = static_cast<line*>(memory);
}

rate_limiter::~rate_limiter() {
    ::munmap(table_, lines_ * sizeof(line));
}

std::uint64_t rate_limiter::scope(std::string_view name, const rate_rule& rule) const noexcept {
    const std::array<std::uint64_t, 4> parts = {
        keyed_hash(seed_, std::as_bytes(std::span(name))), rule.quantity(),
        static_cast<std::uint64_t>(rule.window().count()), rule.burst()};
    return keyed_hash(seed_, std::as_bytes(std::span(parts)));
}

rate_key rate_limiter::key(std::uint64_t scope, std::string_view subject) const noexcept {
    return rate_key(keyed_hash({seed_.low ^ scope, seed_.high}, std::as_bytes(std::span(subject))));
}

// The lower bits of the hash choose the line; the upper ones are the tag.
rate_limiter::line& rate_limiter::line_of(rate_key key) const noexcept {
    return table_[((key.hash_ & 0xffff'ffff) * lines_) >> 32];
}

rate_limiter::place rate_limiter::find(const line& in, std::uint64_t tag,
                                       std::uint64_t now) noexcept {
    place least{0, 0, false};
    auto least_debt = ~std::uint64_t{0};
    for (std::size_t i = 0; i < slots; ++i) {
        const auto seen = in.slot[i].load(std::memory_order_relaxed);
        if ((seen & ~time_mask) == tag) return {i, seen, true};
        const auto debt = debt_of(seen, now, debt_max);
        if (debt >= least_debt) continue;
        least = {i, seen, false};
        least_debt = debt;
    }
    return least;
}

// Threads share nothing but the word: relaxed order is enough.
rate_decision rate_limiter::take(rate_key key, const rate_rule& rule, std::uint64_t cost,
                                 boot_time now) noexcept {
    auto& in = line_of(key);
    const auto tag = tag_of(key.hash_);
    const auto at = units(now);
    for (;;) {
        auto where = find(in, tag, at);
        const auto debt = where.found ? debt_of(where.seen, at, rule) : 0;
        auto d = decide(debt, rule, cost);
        if (!d.allowed || cost == 0) return d;
        const auto paid_back = at + debt + cost * rule.interval();
        if (!in.slot[where.slot].compare_exchange_strong(where.seen, tag | (paid_back & time_mask),
                                                         std::memory_order_relaxed))
            continue;
        d.displaced = !where.found && debt_of(where.seen, at, debt_max) > 0;
        return d;
    }
}

rate_decision rate_limiter::look(rate_key key, const rate_rule& rule, std::uint64_t cost,
                                 boot_time now) const noexcept {
    const auto at = units(now);
    const auto where = find(line_of(key), tag_of(key.hash_), at);
    return decide(where.found ? debt_of(where.seen, at, rule) : 0, rule, cost);
}

void rate_limiter::sweep(boot_time now) noexcept {
    const auto at = units(now);
    const auto end = std::min(lines_, swept_ + (lines_ + sweep_parts - 1) / sweep_parts);
    for (; swept_ < end; ++swept_)
        for (auto& slot : table_[swept_].slot) {
            auto seen = slot.load(std::memory_order_relaxed);
            if (seen != 0 && debt_of(seen, at, debt_max) == 0)
                slot.compare_exchange_strong(seen, 0, std::memory_order_relaxed);
        }
    if (swept_ == lines_) swept_ = 0;
}

} // namespace latchkey::core

#include "revocation_table.hpp"

namespace latchkey::auth {

namespace {

// Fuller, and the walks past neighbours grow long.
constexpr bool is_full(std::size_t size, std::size_t capacity) {
    return size * 3 >= capacity * 2;
}

} // namespace

revocation_table::revocation_table(std::size_t capacity)
    : capacity_(capacity),
      tags_(std::make_unique<std::atomic<std::uint8_t>[]>(capacity)),
      slots_(std::make_unique<slot[]>(capacity)) {}

bool revocation_table::put(const revocation_key& key, std::int64_t until,
                           std::int64_t expires) noexcept {
    const auto tag = tag_of(key);
    auto i = home_of(key);
    for (; tags_[i].load(std::memory_order_relaxed) != 0; i = next(i)) {
        auto& there = slots_[i];
        if (tags_[i].load(std::memory_order_relaxed) != tag || !there.is(key)) continue;
        there.expires = expires;
        there.until.store(until, std::memory_order_release);
        return true;
    }
    if (is_full(size_ + 1, capacity_)) return false;
    auto& empty = slots_[i];
    empty.place = key.place;
    empty.check = key.check;
    empty.expires = expires;
    empty.until.store(until, std::memory_order_relaxed);
    tags_[i].store(tag, std::memory_order_release); // from here on readers see it
    ++size_;
    return true;
}

void revocation_table::copy_to(revocation_table& other, std::int64_t now) const noexcept {
    for (std::size_t i = 0; i < capacity_; ++i) {
        const auto& s = slots_[i];
        if (tags_[i].load(std::memory_order_relaxed) != 0 && lives(s, now))
            other.put({s.place, s.check}, s.until.load(std::memory_order_relaxed), s.expires);
    }
}

std::size_t revocation_table::living(std::int64_t now) const noexcept {
    std::size_t count = 0;
    for (std::size_t i = 0; i < capacity_; ++i)
        count += tags_[i].load(std::memory_order_relaxed) != 0 && lives(slots_[i], now);
    return count;
}

} // namespace latchkey::auth

#include "auth/revocation/revocation_table.hpp"

namespace latchkey::auth {

// 5/3 slots per entry: in a fuller table too many buckets have no room.
revocation_table::revocation_table(std::size_t entries)
    : entries_max_(entries),
      buckets_(entries * 5 / 3 / per_bucket + 1),
      tags_(std::make_unique<std::atomic<std::uint64_t>[]>(buckets_)),
      slots_(std::make_unique<slot[]>(buckets_ * per_bucket)) {}

template <class Use>
void revocation_table::for_each(Use use) const {
    for (std::size_t b = 0; b < buckets_; ++b) {
        const auto tags = tags_[b].load(std::memory_order_relaxed);
        for (std::size_t i = 0; i < per_bucket; ++i)
            if ((tags >> (8 * i) & 255) != 0) use(slots_[b * per_bucket + i]);
    }
}

bool revocation_table::put(const revocation_key& key, std::int64_t until, expiry expires,
                           bool keeps_later) noexcept {
    auto b = owner_of(key);
    auto tags = tags_[b].load(std::memory_order_relaxed);
    for (;; b = next(b), tags = tags_[b].load(std::memory_order_relaxed)) {
        if (const auto* known = find_in(b, tags, key)) {
            auto& there = slots_[static_cast<std::size_t>(known - slots_.get())];
            there.expires = keeps_later ? expiry::later(there.expires, expires) : expires;
            there.until.store(until, std::memory_order_release);
            return true;
        }
        if (has_room(tags)) break;
    }
    if (size_ >= entries_max_) return false;
    const auto i = place_of_byte(zero_bytes(tags));
    auto& empty = slots_[b * per_bucket + i];
    empty.place = key.place;
    empty.check = key.check;
    empty.expires = expires;
    empty.until.store(until, std::memory_order_relaxed);
    // Readers see the entry from here on.
    tags_[b].store(tags | tag_of(key) << (8 * i), std::memory_order_release);
    ++size_;
    return true;
}

void revocation_table::copy_to(revocation_table& other, const horizon& h) const noexcept {
    for_each([&](const slot& s) {
        if (lives(s, h))
            other.put({s.place, s.check}, s.until.load(std::memory_order_relaxed), s.expires);
    });
}

std::size_t revocation_table::living(const horizon& h) const noexcept {
    std::size_t count = 0;
    for_each([&](const slot& s) { count += lives(s, h); });
    return count;
}

} // namespace latchkey::auth

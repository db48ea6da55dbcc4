#pragma once
// The table behind revocation_set: one writer, any readers, no slot ever emptied.
//
// Slots stand in buckets of eight; a bucket's tags, a byte of each key's hash, are one word, so
// that a look at a bucket is one load and a few instructions without a branch for each slot. A key
// that finds its bucket full goes to the next.

#include <latchkey/auth/revocation/revocation_set.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

namespace latchkey::auth {

class revocation_table {
  public:
    /// Seconds since 1970: tokens issued until then are revoked.
    static constexpr std::int64_t always = std::numeric_limits<std::int64_t>::max();
    static constexpr std::int64_t withdrawn = std::numeric_limits<std::int64_t>::min();

    /// Takes `entries` at least.
    explicit revocation_table(std::size_t entries);

    /// Until when tokens are revoked; nothing: the key is not here.
    std::optional<std::int64_t> find(const revocation_key& key) const noexcept {
        for (auto b = owner_of(key);; b = next(b)) {
            const auto tags = tags_[b].load(std::memory_order_acquire);
            if (const auto* there = find_in(b, tags, key))
                return there->until.load(std::memory_order_acquire);
            if (has_room(tags)) return std::nullopt;
        }
    }

    /// When a slot expires: at a time, or the life of tokens of a class after a time. The second is
    /// negative, and has the class in its lower bits.
    struct expiry {
        std::int64_t value = 0;
        static expiry at(std::int64_t time) noexcept { return {std::max<std::int64_t>(0, time)}; }
        static expiry life_after(std::int64_t time, std::uint16_t life_class) noexcept {
            constexpr std::int64_t last = std::int64_t{1} << 46; // in two million years
            return {-1 - (std::clamp<std::int64_t>(time, 0, last) << 16 | life_class)};
        }
    };
    /// As of when, and for how long tokens live, by class; the greatest number: for ever.
    struct horizon {
        std::int64_t now;
        const std::vector<std::int64_t>& lives;
        bool is_before(expiry e) const noexcept {
            if (e.value >= 0) return e.value > now;
            const auto packed = -1 - e.value;
            const auto life = lives[static_cast<std::size_t>(packed & 0xffff)];
            return life == std::numeric_limits<std::int64_t>::max() || (packed >> 16) + life > now;
        }
    };

    /// False: there is no room for another key.
    bool put(const revocation_key&, std::int64_t until, expiry) noexcept;
    /// Copies what has not expired and is not withdrawn.
    void copy_to(revocation_table& other, const horizon&) const noexcept;
    std::size_t living(const horizon&) const noexcept;

    std::size_t size() const noexcept { return size_; }
    std::size_t entries_max() const noexcept { return entries_max_; }
    std::size_t bytes() const noexcept {
        return buckets_ * (sizeof(std::uint64_t) + per_bucket * sizeof(slot));
    }

  private:
    static constexpr std::size_t per_bucket = 8;
    static constexpr std::uint64_t each = 0x0101010101010101; // times a byte: in each place

    struct slot {
        std::uint64_t place = 0;
        std::uint64_t check = 0;
        std::atomic<std::int64_t> until{0};
        expiry expires{}; // the writer's

        bool is(const revocation_key& key) const noexcept {
            return place == key.place && check == key.check;
        }
    };

    // The upper bit of each byte that is zero, and of no other: a slot that is empty may be in the
    // making, and must not be looked at.
    static std::uint64_t zero_bytes(std::uint64_t word) noexcept {
        constexpr auto lower = each * 0x7f;
        return ~(((word & lower) + lower) | word | lower);
    }
    static bool has_room(std::uint64_t tags) noexcept { return zero_bytes(tags) != 0; }
    static std::uint64_t tag_of(const revocation_key& key) noexcept {
        const auto tag = key.check >> 56;
        return tag != 0 ? tag : 1; // 0: an empty slot
    }
    const slot* find_in(std::size_t b, std::uint64_t tags,
                        const revocation_key& key) const noexcept {
        for (auto equal = zero_bytes(tags ^ tag_of(key) * each); equal != 0; equal &= equal - 1) {
            const auto& there = slots_[b * per_bucket + place_of_byte(equal)];
            if (there.is(key)) return &there;
        }
        return nullptr;
    }
    static std::size_t place_of_byte(std::uint64_t upper_bits) noexcept {
        return static_cast<std::size_t>(std::countr_zero(upper_bits)) / 8;
    }
    std::size_t owner_of(const revocation_key& key) const noexcept {
        __extension__ using wide = unsigned __int128;
        return static_cast<std::size_t>((static_cast<wide>(key.place) * buckets_) >> 64);
    }
    std::size_t next(std::size_t b) const noexcept { return b + 1 == buckets_ ? 0 : b + 1; }
    static bool lives(const slot& s, const horizon& h) noexcept {
        return s.until.load(std::memory_order_relaxed) != withdrawn && h.is_before(s.expires);
    }
    /// Calls `use(slot)` for each that is taken.
    template <class Use>
    void for_each(Use use) const;

    std::size_t entries_max_;
    std::size_t buckets_;
    std::size_t size_ = 0;
    std::unique_ptr<std::atomic<std::uint64_t>[]> tags_;
    std::unique_ptr<slot[]> slots_;
};

} // namespace latchkey::auth

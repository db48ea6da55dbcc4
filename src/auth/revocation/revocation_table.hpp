#pragma once
// The table behind revocation_set: one writer, any number of readers; no slot is ever emptied.
//
// Slots are in buckets of eight. A bucket's tags, one byte of each key's hash, form one word, so a
// look at a bucket is one load and a few instructions, without a branch per slot. A key whose
// bucket is full goes to the next one.

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
    /// Values are seconds since 1970: tokens issued until then are revoked.
    static constexpr std::int64_t always = std::numeric_limits<std::int64_t>::max();
    static constexpr std::int64_t withdrawn = std::numeric_limits<std::int64_t>::min();

    /// Has room for at least `entries`.
    explicit revocation_table(std::size_t entries);

    /// Returns until when tokens are revoked, or nullopt if the key is not here.
    std::optional<std::int64_t> find(const revocation_key& key) const noexcept {
        for (auto b = owner_of(key);; b = next(b)) {
            const auto tags = tags_[b].load(std::memory_order_acquire);
            if (const auto* there = find_in(b, tags, key))
                return there->until.load(std::memory_order_acquire);
            if (has_room(tags)) return std::nullopt;
        }
    }

    /// When a slot expires: at a time, or the life of a class of tokens after a time. The second
    /// form is negative, with the class in its lower bits.
    struct expiry {
        std::int64_t value = 0;
        static expiry at(std::int64_t time) noexcept { return {std::max<std::int64_t>(0, time)}; }
        static expiry life_after(std::int64_t time, std::uint16_t life_class) noexcept {
            constexpr std::int64_t last = std::int64_t{1} << 46; // in two million years
            return {-1 - (std::clamp<std::int64_t>(time, 0, last) << 16 | life_class)};
        }
        /// The later one; of two forms, never.
        static expiry later(expiry a, expiry b) noexcept {
            if ((a.value < 0) != (b.value < 0)) return at(always);
            return {a.value < 0 ? std::min(a.value, b.value) : std::max(a.value, b.value)};
        }
    };
    /// The present time, and the lives of tokens in seconds by class; the greatest number means for
    /// ever.
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

    /// Returns false if there is no room for another key. `keeps_later`: a key that is known keeps
    /// a later expiry.
    bool put(const revocation_key&, std::int64_t until, expiry, bool keeps_later = false) noexcept;
    /// Copies entries that have not expired and are not withdrawn.
    void copy_to(revocation_table& other, const horizon&) const noexcept;
    std::size_t living(const horizon&) const noexcept;

    std::size_t size() const noexcept { return size_; }
    std::size_t entries_max() const noexcept { return entries_max_; }
    std::size_t bytes() const noexcept {
        return buckets_ * (sizeof(std::uint64_t) + per_bucket * sizeof(slot));
    }

  private:
    static constexpr std::size_t per_bucket = 8;
    // Multiplied by a byte: that byte in each place.
    static constexpr std::uint64_t each = 0x0101010101010101;

    struct slot {
        std::uint64_t place = 0;
        std::uint64_t check = 0;
        std::atomic<std::int64_t> until{0};
        expiry expires{}; // used by the writer only

        bool is(const revocation_key& key) const noexcept {
            return place == key.place && check == key.check;
        }
    };

    // Returns the highest bit of each byte that is zero, and of no other byte: an empty slot may be
    // half-written and must not be read.
    static std::uint64_t zero_bytes(std::uint64_t word) noexcept {
        constexpr auto lower = each * 0x7f;
        return ~(((word & lower) + lower) | word | lower);
    }
    static bool has_room(std::uint64_t tags) noexcept { return zero_bytes(tags) != 0; }
    static std::uint64_t tag_of(const revocation_key& key) noexcept {
        const auto tag = key.check >> 56;
        return tag != 0 ? tag : 1; // 0 means an empty slot
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
    /// Calls `use(slot)` for each slot in use.
    template <class Use>
    void for_each(Use use) const;

    std::size_t entries_max_;
    std::size_t buckets_;
    std::size_t size_ = 0;
    std::unique_ptr<std::atomic<std::uint64_t>[]> tags_;
    std::unique_ptr<slot[]> slots_;
};

} // namespace latchkey::auth

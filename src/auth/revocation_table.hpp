#pragma once
// The table behind revocation_set: one writer, any readers, no slot ever emptied.

#include <latchkey/auth/revocation_set.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>

namespace latchkey::auth {

class revocation_table {
  public:
    /// Seconds since 1970: tokens issued until then are revoked.
    static constexpr std::int64_t always = std::numeric_limits<std::int64_t>::max();
    static constexpr std::int64_t withdrawn = std::numeric_limits<std::int64_t>::min();

    explicit revocation_table(std::size_t capacity);

    /// Until when tokens are revoked; nothing: the key is not here.
    std::optional<std::int64_t> find(const revocation_key& key) const noexcept {
        const auto tag = tag_of(key);
        for (auto i = home_of(key);; i = next(i)) {
            const auto there = tags_[i].load(std::memory_order_acquire);
            if (there == 0) return std::nullopt;
            if (there == tag && slots_[i].is(key))
                return slots_[i].until.load(std::memory_order_acquire);
        }
    }

    /// False: there is no room for another key.
    bool put(const revocation_key&, std::int64_t until, std::int64_t expires) noexcept;
    /// Copies what has not expired at `now` and is not withdrawn.
    void copy_to(revocation_table& other, std::int64_t now) const noexcept;
    std::size_t living(std::int64_t now) const noexcept;

    std::size_t size() const noexcept { return size_; }
    std::size_t capacity() const noexcept { return capacity_; }
    std::size_t bytes() const noexcept { return capacity_ * (1 + sizeof(slot)); }

  private:
    struct slot {
        std::uint64_t place = 0;
        std::uint64_t check = 0;
        std::atomic<std::int64_t> until{0};
        std::int64_t expires = 0; // the writer's

        bool is(const revocation_key& key) const noexcept {
            return place == key.place && check == key.check;
        }
    };

    static std::uint8_t tag_of(const revocation_key& key) noexcept {
        return static_cast<std::uint8_t>(key.check >> 56) | 1;
    }
    std::size_t home_of(const revocation_key& key) const noexcept {
        __extension__ using wide = unsigned __int128;
        return static_cast<std::size_t>((static_cast<wide>(key.place) * capacity_) >> 64);
    }
    std::size_t next(std::size_t i) const noexcept { return i + 1 == capacity_ ? 0 : i + 1; }
    slot* find_slot(const revocation_key&) const noexcept;
    bool lives(const slot& s, std::int64_t now) const noexcept {
        return s.until.load(std::memory_order_relaxed) != withdrawn && s.expires > now;
    }

    std::size_t capacity_;
    std::size_t size_ = 0;
    std::unique_ptr<std::atomic<std::uint8_t>[]> tags_; // 0: empty
    std::unique_ptr<slot[]> slots_;
};

} // namespace latchkey::auth

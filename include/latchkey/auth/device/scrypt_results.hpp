#pragma once
// Outcomes of scrypt by their keys (scrypt_key), so that a repeated login costs no computation.
// They are never stale, since the key holds both the stored text and the secret. They expire all
// the same: an attacker who reads this memory could try guesses against a SHA-256 instead of
// scrypt.

#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/clock.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace latchkey::auth {

/// Thread-safe. Each shard has a lock instead of the lock-free cache that records have: it is held
/// for a table look-up, some hundred nanoseconds, and written once per computation of tens of
/// milliseconds.
class scrypt_results {
  public:
    /// Keeps at most `count_max` outcomes, rounded up to a multiple of 32.
    scrypt_results(std::size_t count_max, core::nanoseconds ttl);

    /// Returns the outcome if it is kept and has not expired.
    std::optional<bool> find(const core::fingerprint& key, core::boot_time now) const;

    /// Matches and mismatches have half of the room each, so that wrong guesses evict no right
    /// secret. The oldest is evicted first.
    void keep(const core::fingerprint& key, bool matches, core::boot_time now);

    std::size_t count() const;

  private:
    // A fingerprint serves as its own hash: nobody can choose one without computing scrypt for each
    // try.
    struct first_word {
        std::size_t operator()(const core::fingerprint& f) const noexcept {
            std::size_t word = 0;
            std::memcpy(&word, f.data(), sizeof word);
            return word;
        }
    };
    struct half {
        std::unordered_map<core::fingerprint, core::boot_time, first_word> expiries;
        // Also the order of expiry: all have the same TTL.
        std::deque<core::fingerprint> oldest_first;
        bool find(const core::fingerprint& key, core::boot_time now) const;
        void keep(const core::fingerprint& key, core::boot_time now, core::boot_time expiry,
                  std::size_t count_max);
        void drop_oldest();
    };
    struct alignas(64) shard {
        mutable std::mutex mutex;
        half matches;
        half mismatches;
    };
    static constexpr std::size_t shards = 16;
    static std::size_t shard_of(const core::fingerprint& key) noexcept {
        return key.back() % shards;
    }

    const std::size_t half_max_; ///< of each half of each shard
    const core::nanoseconds ttl_;
    std::array<shard, shards> shards_;
};

} // namespace latchkey::auth

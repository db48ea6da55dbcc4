#pragma once
// The cache of one kind of credential: facts, and negative entries for credentials that do not
// exist. Each has a cache of its own, so that a flood of unknown ids evicts no good entry. Any
// worker reads; only the owner cores write (credential_owner.hpp).

#include <latchkey/auth/cache/clock_reading.hpp>
#include <latchkey/auth/cache/consistency.hpp>
#include <latchkey/auth/cache/question.hpp>
#include <latchkey/core/cache/concurrent_cache.hpp>
#include <latchkey/core/metrics.hpp>

#include <memory>
#include <string_view>
#include <utility>

namespace latchkey::auth {

template <class Record>
struct cached_fact {
    std::shared_ptr<const Record> record;
    fact_origin origin;
};

/// Shared by all workers.
template <class Record>
class credential_cache {
  public:
    using fact = cached_fact<Record>;

    /// Memory for facts, and for negative entries.
    struct room {
        std::size_t bytes_max;
        std::size_t negative_bytes_max;
    };
    credential_cache(const room& r, const core::placement& where, core::epochs& readers,
                     const consistency& known)
        : readers_(readers),
          known_(known),
          facts_({r.bytes_max, facts_entry_bytes}, where, readers),
          negative_entries_({r.negative_bytes_max, negative_entry_bytes}, where, readers) {}

    struct hit {
        const std::shared_ptr<const Record>& record;
        core::moment asked_at;
        bool refresh; ///< in the last tenth of its life, and this caller must have it refreshed
    };

    /// Calls `use(hit)` and returns true if there is a fact that may be used. Any worker, with its
    /// own index; `use` must not wait. The clocks are read here, after the feed's freshness.
    template <class Use>
    bool read(std::size_t worker, const core::fingerprint& key, std::uint64_t hash,
              core::nanoseconds ttl, Use&& use) const {
        return read(worker, key, hash, ttl, clock_reading::read(known_), std::forward<Use>(use));
    }
    /// The same with a clock reading that several questions share.
    template <class Use>
    bool read(std::size_t worker, const core::fingerprint& key, std::uint64_t hash,
              core::nanoseconds ttl, const clock_reading& at, Use&& use) const {
        return facts_.read(readers_.at(worker), key, hash, at.now.boot, [&](const auto& found) {
            const auto& origin = found.value.origin;
            if (!known_.unchanged(origin) || !known_.fresh_enough(at.freshness, origin, at.now))
                return false;
            const bool old = found.expires - at.now.boot < ttl / 10;
            use(hit{found.value.record, origin.asked_at(), old && found.claim_refresh()}, at.now);
            return true;
        });
    }
    /// True if there is a negative entry that may be used. Any worker, with its own index.
    bool absent(std::size_t worker, const core::fingerprint& key, std::uint64_t hash) const {
        return absent(worker, key, hash, clock_reading::read(known_));
    }
    bool absent(std::size_t worker, const core::fingerprint& key, std::uint64_t hash,
                const clock_reading& at) const {
        return negative_entries_.read(
            readers_.at(worker), key, hash, at.now.boot, [&](const auto& found) {
                return known_.unchanged(found.value) &&
                       known_.fresh_enough(at.freshness, found.value, at.now);
            });
    }

    // --- the owner cores ---
    core::concurrent_cache<fact>& facts() noexcept { return facts_; }
    core::concurrent_cache<fact_origin>& negative_entries() noexcept { return negative_entries_; }
    const core::concurrent_cache<fact>& facts() const noexcept { return facts_; }
    const core::concurrent_cache<fact_origin>& negative_entries() const noexcept {
        return negative_entries_;
    }
    const consistency& known() const noexcept { return known_; }
    const core::placement& where() const noexcept { return facts_.where(); }

  private:
    static constexpr std::size_t facts_entry_bytes = 384;
    static constexpr std::size_t negative_entry_bytes =
        core::concurrent_cache<fact_origin>::entry_size();

    core::epochs& readers_;
    const consistency& known_;
    core::concurrent_cache<fact> facts_;
    core::concurrent_cache<fact_origin> negative_entries_;
};

} // namespace latchkey::auth

#pragma once
// A cache of immutable values by fingerprint: lock-free for any number of reading threads, with one
// writing thread per shard, bounded in bytes and in time.
//
//   epochs readers(workers);
//   concurrent_cache<fact> facts({.bytes_max = 64 << 20, .entry_bytes = 512}, placement, readers);
//   facts.fill(key, hash, fact{…}, extra_bytes, now + ttl);      // on the owner core of `hash`
//   facts.read(readers.at(worker), key, hash, now,               // on any worker
//              [&](const auto& found) { return use(found.value); });      // must not wait
//
// A shard's writer destroys a value once no reader can see it (epochs.hpp). eviction.hpp decides
// what is evicted; cache_table.hpp is the hash table.

#include <latchkey/core/cache/cache_shard.hpp>
#include <latchkey/core/cache/placement.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace latchkey::core {

struct cache_settings {
    std::size_t bytes_max = 0;     ///< for all shards: entries, tables and retired memory
    std::size_t entry_bytes = 512; ///< bytes of a typical entry, to size the tables
};

template <class Value>
class concurrent_cache {
  public:
    /// What a reader sees while its callback runs.
    struct found {
        const Value& value;
        boot_time expires;
        /// Returns true to one caller, which must then refresh the value, and false to all others
        /// until the entry is replaced or `refresh_failed` is called.
        bool claim_refresh() const noexcept {
            return !node.refreshing.load(std::memory_order_relaxed) &&
                   !node.refreshing.exchange(true, std::memory_order_relaxed);
        }
        const cache_node& node;
    };

    /// Makes one shard for each owner core of `where`.
    concurrent_cache(const cache_settings& settings, const placement& where, epochs& readers)
        : placement_(where) {
        const auto n = where.owner_cores();
        const cache_limits limits{settings.bytes_max / n,
                                  settings.bytes_max / n / settings.entry_bytes};
        for (std::size_t i = 0; i < n; ++i)
            shards_.push_back(std::make_unique<cache_shard>(limits, readers, &destroy));
    }

    /// Calls `use(found)` if there is an unexpired entry. Returns true if there is one and `use`
    /// returned true; the entry then counts as asked for. Any thread, with its own reader.
    template <class Use>
    bool read(epochs::reader& r, const fingerprint& key, std::uint64_t hash, boot_time now,
              Use&& use) const {
        const epochs::reader::pin pinned(r);
        const auto* n = shard_of(hash).find(hash, key);
        if (!n || n->expires <= now) return false;
        const auto& e = static_cast<const entry&>(*n);
        if (!std::forward<Use>(use)(found{e.value, e.expires, e})) return false;
        e.touch();
        return true;
    }

    // --- on the owner core of `hash` ---
    /// `extra_bytes` is what the value holds beyond its own size. Returns false if the shard
    /// refuses it (see cache_shard::fill).
    bool fill(const fingerprint& key, std::uint64_t hash, Value value, std::size_t extra_bytes,
              boot_time expires) {
        auto made = std::make_unique<entry>(key, hash, expires, sizeof(entry) + extra_bytes,
                                            std::move(value));
        if (!shard_of(hash).fill(*made)) return false;
        (void)made.release();
        return true;
    }
    bool erase(const fingerprint& key, std::uint64_t hash) {
        return shard_of(hash).erase(hash, key);
    }
    /// Call it after a refresh that brought no new value: another reader may then claim the
    /// refresh.
    void refresh_failed(const fingerprint& key, std::uint64_t hash) {
        if (const auto* n = shard_of(hash).find(hash, key))
            n->refreshing.store(false, std::memory_order_relaxed);
    }
    cache_shard& shard(std::size_t owner) noexcept { return *shards_[owner]; }
    const cache_shard& shard(std::size_t owner) const noexcept { return *shards_[owner]; }

    const placement& where() const noexcept { return placement_; }
    static constexpr std::size_t entry_size() noexcept { return sizeof(entry); }

  private:
    struct entry final : cache_node {
        entry(const fingerprint& k, std::uint64_t h, boot_time until, std::size_t size, Value&& v)
            : cache_node(k, h, until, size), value(std::move(v)) {}
        const Value value;
    };
    static void destroy(cache_node& n) noexcept { delete &static_cast<entry&>(n); }
    cache_shard& shard_of(std::uint64_t hash) const noexcept {
        return *shards_[placement_.owner(hash)];
    }

    placement placement_;
    std::vector<std::unique_ptr<cache_shard>> shards_;
};

} // namespace latchkey::core

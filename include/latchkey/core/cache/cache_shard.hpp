#pragma once
// One shard of a cache: a table, an eviction policy, and the removed entries that readers may still
// be looking at. Only the shard's one writer, its owner core, calls anything but `find` and the
// metric cells.

#include <latchkey/core/cache/cache_table.hpp>
#include <latchkey/core/cache/epochs.hpp>
#include <latchkey/core/cache/eviction.hpp>
#include <latchkey/core/metrics.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace latchkey::core {

struct cache_limits {
    std::size_t bytes_max = 0;   ///< for entries, table, ghost queue and retired memory
    std::size_t entries_max = 0; ///< entries that the table has room for
};

class cache_shard {
  public:
    using destroy_function = void (*)(cache_node&) noexcept;

    cache_shard(cache_limits, epochs&, destroy_function);
    ~cache_shard(); ///< only when no reader is left
    cache_shard(const cache_shard&) = delete;
    cache_shard& operator=(const cache_shard&) = delete;

    /// Any thread, while its reader is pinned. Expired entries are found as well.
    cache_node* find(std::uint64_t hash, const fingerprint& key) const noexcept {
        return table_.find(hash, key);
    }

    // --- the writer ---
    /// Makes room for the node and takes it over; it replaces an entry with the same fingerprint.
    /// Returns false if the node is refused, because it is larger than the shard's bound or because
    /// readers still hold so much retired memory that the bound would be exceeded. A refused node
    /// still belongs to the caller.
    bool fill(cache_node&);
    bool erase(std::uint64_t hash, const fingerprint& key);
    /// Erases up to `count` entries. Returns false when none is left.
    bool erase_some(std::size_t count);
    /// Frees retired entries that no reader can see any more, only so many in a call that no caller
    /// waits for long.
    void reclaim();
    /// How many entries all evictions together have looked at.
    std::uint64_t looks() const noexcept { return policy_.looks(); }

    // --- any thread ---
    counter evictions;
    counter refused;
    gauge entries;
    gauge bytes;         ///< table, ghost queue and entries
    gauge retired_bytes; ///< unlinked, but a reader may still see them

  private:
    void unlink(cache_node&);
    void retire(cache_node&);
    bool make_room(std::size_t bytes);
    void count();
    std::size_t fixed_bytes() const noexcept { return table_.bytes() + policy_.ghost_bytes(); }

    struct retired_batch {
        std::uint64_t epoch;
        std::vector<cache_node*> nodes;
    };
    static constexpr std::size_t batch_size = 32;
    static constexpr std::size_t batches_max = 8; // freed in one call

    epochs& readers_;
    destroy_function destroy_;
    cache_table table_;
    eviction policy_;
    std::size_t entry_bytes_max_;
    std::size_t retired_bytes_max_;
    std::size_t retired_ = 0;
    std::vector<cache_node*> fresh_;    // retired since the last `reclaim`, without an epoch yet
    std::deque<retired_batch> waiting_; // oldest first
    std::vector<std::vector<cache_node*>> spare_;
};

} // namespace latchkey::core

#pragma once
// One shard of a cache: a table, a policy, and the memory that readers may still be looking at.
// Everything but `find` and the cells belongs to the shard's one writer, its home core.

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
    std::size_t bytes_max = 0;   ///< entries, table, ghosts and retired memory
    std::size_t entries_max = 0; ///< what the table has room for
};

class cache_shard {
  public:
    using destroy_function = void (*)(cache_node&) noexcept;

    cache_shard(cache_limits, epochs&, destroy_function);
    ~cache_shard(); ///< when no reader is left
    cache_shard(const cache_shard&) = delete;
    cache_shard& operator=(const cache_shard&) = delete;

    /// Any thread, pinned. Expired entries are found as well.
    cache_node* find(std::uint64_t hash, const fingerprint& key) const noexcept {
        return table_.find(hash, key);
    }

    // --- the writer ---
    /// Makes room for the node and takes it; an entry with its key is replaced. False: refused,
    /// because it is larger than the shard may ever be, or because readers hold up so much retired
    /// memory that the bound would not stand. The node is then still the caller's.
    bool fill(cache_node&);
    bool erase(std::uint64_t hash, const fingerprint& key);
    /// Erases up to `count` entries. False: none is left.
    bool erase_some(std::size_t count);
    /// Gives back what no reader can see any more, so much of it that no caller waits for long.
    void reclaim();
    /// How many entries evictions have looked at.
    std::uint64_t looks() const noexcept { return policy_.looks(); }

    // --- any thread ---
    counter evictions;
    counter refused;
    gauge entries;
    gauge bytes;         ///< table, ghosts and entries
    gauge retired_bytes; ///< unlinked, and perhaps still under a reader's eyes

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
    static constexpr std::size_t batches_max = 8; // given back at once

    epochs& readers_;
    destroy_function destroy_;
    cache_table table_;
    eviction policy_;
    std::size_t entry_bytes_max_;
    std::size_t retired_bytes_max_;
    std::size_t retired_ = 0;
    std::vector<cache_node*> fresh_;    // retired in this batch, no epoch yet
    std::deque<retired_batch> waiting_; // oldest first
    std::vector<std::vector<cache_node*>> spare_;
};

} // namespace latchkey::core

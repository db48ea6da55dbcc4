#pragma once
// What the cache keeps with every value. Readers use the first part; only the shard's writer uses
// the rest.

#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/clock.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace latchkey::core {

enum class cache_queue : std::uint8_t { none, probation, main };

struct cache_node {
    cache_node(const fingerprint& k, std::uint64_t h, boot_time until, std::size_t size) noexcept
        : key(k), expires(until), bytes(static_cast<std::uint32_t>(size)), hash(h) {}

    // --- readers ---
    const fingerprint key;
    const boot_time expires;
    /// Set by a reader if it is not set yet: the only write of a hit.
    mutable std::atomic<bool> referenced{false};
    mutable std::atomic<bool> refreshing{false};

    // --- the writer ---
    cache_queue queue = cache_queue::none;
    const std::uint32_t bytes; ///< of the whole entry, value included
    const std::uint64_t hash;
    cache_node* newer = nullptr;
    cache_node* older = nullptr;

    void touch() const noexcept {
        if (!referenced.load(std::memory_order_relaxed))
            referenced.store(true, std::memory_order_relaxed);
    }
};

/// A doubly linked list, oldest to newest. Only its shard's writer uses it.
class cache_list {
  public:
    void push_newest(cache_node&) noexcept;
    void remove(cache_node&) noexcept;
    cache_node* oldest() const noexcept { return oldest_; }
    std::size_t bytes() const noexcept { return bytes_; }
    std::size_t size() const noexcept { return size_; }

  private:
    cache_node* oldest_ = nullptr;
    cache_node* newest_ = nullptr;
    std::size_t bytes_ = 0;
    std::size_t size_ = 0;
};

} // namespace latchkey::core

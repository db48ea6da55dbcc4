#pragma once
// The cache's hash table: one writer, any number of readers that take no lock and write nothing.
//
// A bucket is a cache line of seven slots and a count of entries that belong here but found no room
// and went on to the next bucket (the idea of F14's overflow count: N. Bronson, X. Shi, 2019). A
// slot holds a pointer and, in the sixteen bits that user-space pointers leave free, a tag of the
// hash, so that a look-up reads no entry but its own. Buckets are never moved: the table has its
// final size from the start, in memory that the system commits on the first write.
//
// A reader may miss an entry that is being inserted at that moment; it never finds a wrong one.

#include <latchkey/core/cache/cache_node.hpp>

#include <cstddef>
#include <cstdint>

namespace latchkey::core {

class cache_table {
  public:
    /// Has room for `entries`, at a load at which overflows stay rare.
    explicit cache_table(std::size_t entries);
    ~cache_table(); ///< does not free the nodes
    cache_table(const cache_table&) = delete;
    cache_table& operator=(const cache_table&) = delete;

    /// Returns null if there is no such entry. Any thread, while its reader is pinned.
    cache_node* find(std::uint64_t hash, const fingerprint& key) const noexcept;

    // --- the writer ---
    /// Needs `size() < capacity()` and a fingerprint that is not in the table.
    void insert(cache_node&) noexcept;
    /// Puts `with`, which has the same fingerprint, in the place of `old`.
    void replace(cache_node& old, cache_node& with) noexcept;
    void erase(cache_node&) noexcept;

    std::size_t size() const noexcept { return size_; }
    std::size_t capacity() const noexcept { return capacity_; }
    std::size_t bytes() const noexcept;

  private:
    static constexpr std::size_t slots = 7;
    struct bucket {
        std::uint64_t slot[slots];
        std::uint64_t overflow;
    };
    static_assert(sizeof(bucket) == 64);

    std::size_t first_bucket(std::uint64_t hash) const noexcept {
        return static_cast<std::size_t>(((hash & 0xffffffff) * buckets_) >> 32);
    }
    std::size_t next(std::size_t b) const noexcept { return b + 1 == buckets_ ? 0 : b + 1; }
    struct place {
        std::size_t bucket;
        std::size_t slot;
    };
    place place_of(const cache_node&) const noexcept;

    std::size_t capacity_;
    std::size_t buckets_;
    std::size_t size_ = 0;
    void* memory_;
    bucket* table_;
};

} // namespace latchkey::core

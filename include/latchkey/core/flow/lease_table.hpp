#pragma once
// Finds the buckets of limits that all nodes share. Readers take no lock; one thread adds and
// drops.

#include <latchkey/core/cache/epochs.hpp>
#include <latchkey/core/flow/lease_bucket.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace latchkey::core {

/// Names a bucket in this process: two hashes with random seeds of its own.
struct lease_key {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    friend bool operator==(const lease_key&, const lease_key&) = default;
};
struct lease_key_hash {
    std::size_t operator()(const lease_key& k) const noexcept { return k.low; }
};

class lease_table {
  public:
    /// Chains of buckets: `chains` of them, rounded up to a power of two.
    lease_table(std::size_t chains, epochs& readers);
    ~lease_table();
    lease_table(const lease_table&) = delete;
    lease_table& operator=(const lease_table&) = delete;

    /// The caller's reader must be pinned while it uses the bucket. Null: it is not there.
    lease_bucket* find(lease_key) const noexcept;

    // --- one thread ---
    /// It must not be there.
    lease_bucket& add(lease_key, const lease_terms&);
    /// Frees it once no reader can see it any more.
    void drop(lease_key);
    void reclaim();

  private:
    struct entry {
        lease_key key;
        std::atomic<entry*> next{nullptr};
        lease_bucket bucket;
    };
    struct retired {
        std::unique_ptr<entry> what;
        std::uint64_t epoch;
    };
    std::atomic<entry*>& chain_of(lease_key k) const noexcept { return chains_[k.low & mask_]; }

    epochs& readers_;
    std::size_t mask_;
    std::unique_ptr<std::atomic<entry*>[]> chains_;
    std::vector<retired> retired_;
};

} // namespace latchkey::core

#pragma once
// Cache policies over keys that are small numbers, compared by their hits alone. Each has `bool
// access(key)`: it returns whether the key was there, and then the key is there unless the policy
// does not admit it.

#include "dense_list.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace hit_ratio {

class policy {
  public:
    virtual ~policy() = default;
    virtual bool access(std::uint32_t key) = 0;
};

struct trace {
    std::vector<std::uint32_t> requests; ///< keys from 0 to `distinct` - 1
    std::size_t distinct = 0;
};

using make_policy = std::unique_ptr<policy> (*)(std::size_t capacity, const trace&);

struct contender {
    std::string_view name;
    bool online; ///< does not know the future
    make_policy make;
};

/// The server's policy (latchkey/core/cache/eviction.hpp) comes first.
std::vector<contender> contenders();

std::unique_ptr<policy> make_ours(std::size_t, const trace&);
std::unique_ptr<policy> make_lru(std::size_t, const trace&);
std::unique_ptr<policy> make_s3_fifo(std::size_t, const trace&);
std::unique_ptr<policy> make_sieve(std::size_t, const trace&);
std::unique_ptr<policy> make_w_tinylfu(std::size_t, const trace&);
std::unique_ptr<policy> make_belady(std::size_t, const trace&);

} // namespace hit_ratio

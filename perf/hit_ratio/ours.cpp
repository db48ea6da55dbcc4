// The server's own policy (latchkey/core/cache/eviction.hpp), with entries of equal size.
#include "policies.hpp"

#include <latchkey/core/cache/eviction.hpp>

namespace hit_ratio {

namespace {

using latchkey::core::cache_node;

class ours final : public policy {
  public:
    ours(std::size_t capacity, std::size_t keys)
        : capacity_(capacity), eviction_(capacity), nodes_(keys) {}

    bool access(std::uint32_t key) override {
        auto& node = nodes_[key];
        if (node && node->queue != latchkey::core::cache_queue::none) {
            node->touch();
            return true;
        }
        std::size_t sparing = latchkey::core::eviction::spared_max;
        while (eviction_.entry_bytes() >= capacity_)
            eviction_.evict(sparing);
        if (!node)
            node = std::make_unique<cache_node>(latchkey::core::fingerprint{}, hash_of(key),
                                                latchkey::core::boot_time{}, 1);
        node->referenced = false;
        eviction_.admit(*node);
        return false;
    }

  private:
    static std::uint64_t hash_of(std::uint64_t key) {
        key = (key + 1) * 0x9e3779b97f4a7c15;
        key = (key ^ (key >> 32)) * 0xd6e8feb86659fd93;
        return key ^ (key >> 32);
    }
    std::size_t capacity_;
    latchkey::core::eviction eviction_;
    std::vector<std::unique_ptr<cache_node>> nodes_;
};

} // namespace

std::unique_ptr<policy> make_ours(std::size_t capacity, const trace& t) {
    return std::make_unique<ours>(capacity, t.distinct);
}

} // namespace hit_ratio

#include <latchkey/core/cache/cache_shard.hpp>

#include <algorithm>
#include <utility>

namespace latchkey::core {

namespace {

// An eighth of the shard's bytes may be retired and not yet freed.
constexpr std::size_t retired_share = 8;

} // namespace

cache_shard::cache_shard(cache_limits limits, epochs& readers, destroy_function destroy)
    : readers_(readers),
      destroy_(destroy),
      table_(std::max<std::size_t>(limits.entries_max, 1)),
      policy_(std::max<std::size_t>(limits.entries_max, 1)),
      retired_bytes_max_(limits.bytes_max / retired_share) {
    const auto taken = fixed_bytes() + retired_bytes_max_;
    entry_bytes_max_ = limits.bytes_max > taken ? limits.bytes_max - taken : 0;
    count();
}

cache_shard::~cache_shard() {
    while (auto* n = policy_.any()) {
        policy_.forget(*n);
        destroy_(*n);
    }
    for (auto& batch : waiting_)
        for (auto* n : batch.nodes)
            destroy_(*n);
    for (auto* n : fresh_)
        destroy_(*n);
}

bool cache_shard::fill(cache_node& n) {
    const bool taken = n.bytes <= entry_bytes_max_ && make_room(n.bytes);
    auto* old = table_.find(n.hash, n.key);
    if (taken && old) {
        table_.replace(*old, n);
        policy_.replace(*old, n);
        retire(*old);
    } else if (taken) {
        table_.insert(n);
        policy_.admit(n);
    } else {
        refused.add();
        // The entry that is there is older than the refused one: it is better to have none.
        if (old) unlink(*old);
    }
    count();
    return taken;
}

// Evicts until `wanted` bytes fit. Returns false if too much retired memory is left, since an
// evicted entry stays in memory until no reader can see it.
bool cache_shard::make_room(std::size_t wanted) {
    std::size_t sparing = eviction::spared_max;
    while (policy_.entry_bytes() + wanted > entry_bytes_max_ ||
           table_.size() >= table_.capacity()) {
        auto* victim = policy_.evict(sparing);
        table_.erase(*victim);
        evictions.add();
        retire(*victim);
    }
    const auto fits = [&] {
        return policy_.entry_bytes() + retired_ + wanted <= entry_bytes_max_ + retired_bytes_max_;
    };
    if (!fits()) reclaim();
    return fits();
}

bool cache_shard::erase(std::uint64_t hash, const fingerprint& key) {
    auto* n = table_.find(hash, key);
    if (!n) return false;
    unlink(*n);
    count();
    return true;
}

bool cache_shard::erase_some(std::size_t limit) {
    for (; limit > 0; --limit) {
        auto* n = policy_.any();
        if (!n) break;
        unlink(*n);
    }
    reclaim();
    count();
    return policy_.any() != nullptr;
}

void cache_shard::unlink(cache_node& n) {
    table_.erase(n);
    policy_.forget(n);
    retire(n);
}

void cache_shard::retire(cache_node& n) {
    retired_ += n.bytes;
    if (fresh_.capacity() == 0 && !spare_.empty()) {
        fresh_ = std::move(spare_.back());
        spare_.pop_back();
    }
    fresh_.push_back(&n);
    if (fresh_.size() >= batch_size) reclaim();
}

void cache_shard::reclaim() {
    if (!fresh_.empty()) waiting_.push_back({readers_.advance(), std::exchange(fresh_, {})});
    if (waiting_.empty()) return;
    const auto oldest = readers_.oldest();
    for (std::size_t i = 0; i < batches_max; ++i) {
        if (waiting_.empty() || waiting_.front().epoch > oldest) break;
        auto nodes = std::move(waiting_.front().nodes);
        waiting_.pop_front();
        for (auto* n : nodes) {
            retired_ -= n->bytes;
            destroy_(*n);
        }
        nodes.clear();
        spare_.push_back(std::move(nodes));
    }
    count();
}

void cache_shard::count() {
    entries.set(static_cast<std::int64_t>(table_.size()));
    bytes.set(static_cast<std::int64_t>(fixed_bytes() + policy_.entry_bytes()));
    retired_bytes.set(static_cast<std::int64_t>(retired_));
}

} // namespace latchkey::core

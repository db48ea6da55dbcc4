#include <latchkey/core/cache/eviction.hpp>

namespace latchkey::core {

void eviction::put(cache_node& n, cache_queue where) {
    n.queue = where;
    list_of(n).push_newest(n);
}

void eviction::admit(cache_node& n) {
    put(n, ghosts_.take(n.hash) ? cache_queue::main : cache_queue::probation);
}

void eviction::replace(cache_node& old, cache_node& with) {
    with.referenced.store(old.referenced.load(std::memory_order_relaxed),
                          std::memory_order_relaxed);
    const auto where = old.queue;
    forget(old);
    put(with, where);
}

void eviction::forget(cache_node& n) {
    list_of(n).remove(n);
    n.queue = cache_queue::none;
}

bool eviction::is_spared(cache_node& n, std::size_t& sparing) noexcept {
    ++looks_;
    if (!n.referenced.exchange(false, std::memory_order_relaxed) || sparing == 0) return false;
    --sparing;
    return true;
}

cache_node* eviction::evict_probation(std::size_t& sparing) {
    while (auto* n = probation_.oldest()) {
        probation_.remove(*n);
        if (!is_spared(*n, sparing)) {
            ghosts_.add(n->hash);
            n->queue = cache_queue::none;
            return n;
        }
        put(*n, cache_queue::main);
    }
    return nullptr;
}

cache_node* eviction::evict_main(std::size_t& sparing) {
    while (auto* n = main_.oldest()) {
        main_.remove(*n);
        if (!is_spared(*n, sparing)) {
            n->queue = cache_queue::none;
            return n;
        }
        put(*n, cache_queue::main);
    }
    return nullptr;
}

cache_node* eviction::evict(std::size_t& sparing) {
    const bool probation_is_full = probation_.bytes() * probation_share >= entry_bytes();
    if (probation_is_full)
        if (auto* n = evict_probation(sparing)) return n;
    if (auto* n = evict_main(sparing)) return n;
    return evict_probation(sparing);
}

} // namespace latchkey::core

#include <latchkey/core/eviction.hpp>

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

cache_node* eviction::evict_probation() {
    while (auto* n = probation_.oldest()) {
        probation_.remove(*n);
        if (!n->referenced.exchange(false, std::memory_order_relaxed)) {
            ghosts_.add(n->hash);
            n->queue = cache_queue::none;
            return n;
        }
        put(*n, cache_queue::main);
    }
    return nullptr;
}

cache_node* eviction::evict_main() {
    while (auto* n = main_.oldest()) {
        main_.remove(*n);
        if (!n->referenced.exchange(false, std::memory_order_relaxed)) {
            n->queue = cache_queue::none;
            return n;
        }
        put(*n, cache_queue::main);
    }
    return nullptr;
}

cache_node* eviction::evict() {
    const bool probation_is_full = probation_.bytes() * probation_share >= entry_bytes();
    if (probation_is_full)
        if (auto* n = evict_probation()) return n;
    if (auto* n = evict_main()) return n;
    return evict_probation();
}

} // namespace latchkey::core

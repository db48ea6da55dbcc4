#include <latchkey/core/flow/lease_table.hpp>

#include <algorithm>
#include <bit>

namespace latchkey::core {

lease_table::lease_table(std::size_t chains, epochs& readers)
    : readers_(readers),
      mask_(std::bit_ceil(std::max<std::size_t>(chains, 1)) - 1),
      chains_(std::make_unique<std::atomic<entry*>[]>(mask_ + 1)) {}

lease_table::~lease_table() {
    for (std::size_t i = 0; i <= mask_; ++i)
        for (auto* one = chains_[i].load(); one;) {
            const std::unique_ptr<entry> gone(one);
            one = gone->next.load();
        }
}

lease_bucket* lease_table::find(lease_key key) const noexcept {
    for (auto* one = chain_of(key).load(); one; one = one->next.load())
        if (one->key == key) return &one->bucket;
    return nullptr;
}

lease_bucket& lease_table::add(lease_key key, const lease_terms& terms) {
    auto& chain = chain_of(key);
    auto made = std::unique_ptr<entry>(new entry{key, chain.load(), lease_bucket(terms)});
    chain.store(made.get());
    return made.release()->bucket;
}

void lease_table::drop(lease_key key) {
    auto* link = &chain_of(key);
    for (auto* one = link->load(); one; link = &one->next, one = link->load()) {
        if (one->key != key) continue;
        link->store(one->next.load());
        retired_.push_back({std::unique_ptr<entry>(one), readers_.advance()});
        return;
    }
}

void lease_table::reclaim() {
    std::erase_if(retired_, [this](const retired& one) { return readers_.passed(one.epoch); });
}

} // namespace latchkey::core

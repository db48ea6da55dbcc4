#include "server/process/address_counts.hpp"

#include <latchkey/http/client_address.hpp>

#include <algorithm>

namespace latchkey::server {

address_counts::place* address_counts::take(const core::address& from, std::size_t most) {
    if (places_.size() >= sweep_at_) sweep();
    auto& here = places_.try_emplace(http::limited_as_one(from).bytes, 0).first->second;
    // Only this thread adds, so that between the test and the addition the count can only fall.
    if (here.load(std::memory_order_acquire) >= most) return nullptr;
    here.fetch_add(1, std::memory_order_relaxed);
    return &here;
}

// Nobody refers to a place without connections.
void address_counts::sweep() {
    std::erase_if(places_, [](const auto& entry) {
        return entry.second.load(std::memory_order_acquire) == 0;
    });
    sweep_at_ = std::max(sweep_first, 2 * places_.size());
}

} // namespace latchkey::server

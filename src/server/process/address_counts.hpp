#pragma once
// Counts open connections by the client's address.

#include <latchkey/core/ip_network.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>

namespace latchkey::server {

/// Lives on the control thread, which accepts connections; they may end on any thread.
class address_counts {
  public:
    /// The number of an address's connections. It stays in its place while there is one.
    using place = std::atomic<std::size_t>;

    /// Adds one connection. Returns null if the address already has `most`. An IPv6 /64 counts as
    /// one address, because its owner has all addresses in it.
    place* take(const core::address&, std::size_t most);
    /// Must be called once for each place that was taken. Any thread.
    static void give_back(place& p) noexcept { p.fetch_sub(1, std::memory_order_release); }

    /// The number of remembered addresses: those with connections, and at most as many without (or
    /// 64 in all).
    std::size_t size() const noexcept { return places_.size(); }

  private:
    void sweep();

    static constexpr std::size_t sweep_first = 64;
    std::map<std::array<std::uint8_t, 16>, place> places_;
    std::size_t sweep_at_ = sweep_first;
};

} // namespace latchkey::server

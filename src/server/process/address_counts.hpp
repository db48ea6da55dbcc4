#pragma once
// Open connections by the client's address.

#include <latchkey/core/ip_network.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>

namespace latchkey::server {

/// Lives on the control thread, which accepts; connections end anywhere.
class address_counts {
  public:
    /// An address's connections. Stays while there is one.
    using place = std::atomic<std::size_t>;

    /// One more from here, or null when there are `most`. Of IPv6, a /64 is one address: whoever
    /// has one has the others.
    place* take(const core::address&, std::size_t most);
    /// Once for each that was taken. Any thread.
    static void give_back(place& p) noexcept { p.fetch_sub(1, std::memory_order_release); }

    /// Addresses remembered: those with connections, and as many without at most.
    std::size_t size() const noexcept { return places_.size(); }

  private:
    void sweep();

    static constexpr std::size_t sweep_first = 64;
    std::map<std::array<std::uint8_t, 16>, place> places_;
    std::size_t sweep_at_ = sweep_first;
};

} // namespace latchkey::server

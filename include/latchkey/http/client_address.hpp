#pragma once
// Whose request is this? The peer of the connection, or, where that is one of our own proxies, whom
// the proxies name in X-Forwarded-For. Each proxy appends the address that it was connected from,
// so the field is believed from the right, as far as it was written by proxies we trust; what
// stands further left was sent by the client and says nothing.

#include <latchkey/auth/network.hpp>

#include <optional>
#include <span>
#include <string_view>

namespace latchkey::http {

/// Of a connection, from its start.
struct client_origin {
    auth::address peer{}; ///< all zeros for a unix socket
    std::span<const auth::network> proxies{};
    bool by_proxy = false; ///< the peer is one of these, or came by a unix socket
};

/// `forwarded`: lines of the header, whole; those that are X-Forwarded-For count, in their order.
/// From the right, proxies are skipped; the first other address is the client's. An entry that is
/// no address ends the walk at the proxy that passed it on; if all are proxies, the leftmost is it.
auth::address client_address(const client_origin&, std::string_view forwarded) noexcept;

/// Of a connected socket, IPv4 as IPv4-mapped; nothing for a unix socket, or one that is not
/// connected.
std::optional<auth::address> peer_address(int fd) noexcept;

/// What limits count as one client: an IPv4 address, or an IPv6 network of 64 bits, of which one
/// customer has all addresses.
auth::address limited_as_one(auth::address) noexcept;

} // namespace latchkey::http

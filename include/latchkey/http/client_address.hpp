#pragma once
// Client addresses: as a connection has them, as texts name them, and as limits count them.

#include <latchkey/core/ip_network.hpp>

#include <optional>
#include <string_view>

namespace latchkey::http {

/// Reads an address as core::parse_address does, or in the forms "192.0.2.1:80", "[2001:db8::1]"
/// and "[2001:db8::1]:80". Returns nullopt if the text names no address.
std::optional<core::address> address_named_by(std::string_view text) noexcept;

/// Returns the peer of a connected socket, with IPv4 as IPv4-mapped IPv6. Returns nullopt for a
/// unix socket and for one that is not connected.
std::optional<core::address> peer_address(int fd) noexcept;

/// Returns what limits count as one client: an IPv4 address, or an IPv6 network of 64 bits, because
/// one customer has all addresses of it.
core::address limited_as_one(core::address) noexcept;

} // namespace latchkey::http

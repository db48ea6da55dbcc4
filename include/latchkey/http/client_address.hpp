#pragma once
// Addresses of clients: as a connection has them, as texts name them, and as limits count them.

#include <latchkey/core/ip_network.hpp>

#include <optional>
#include <string_view>

namespace latchkey::http {

/// Whom a text names: an address as auth::parse_address reads it, or with what is often written
/// around one: "192.0.2.1:80", "[2001:db8::1]", "[2001:db8::1]:80". Nothing: it names no address.
std::optional<core::address> address_named_by(std::string_view text) noexcept;

/// Of a connected socket, IPv4 as IPv4-mapped; nothing for a unix socket, or one that is not
/// connected.
std::optional<core::address> peer_address(int fd) noexcept;

/// What limits count as one client: an IPv4 address, or an IPv6 network of 64 bits, of which one
/// customer has all addresses.
core::address limited_as_one(core::address) noexcept;

} // namespace latchkey::http

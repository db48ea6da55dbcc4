#pragma once

#include <latchkey/core/ip_network.hpp>

namespace latchkey::net {

/// Whether the address may be on the open Internet. False for loopback, private, link-local, shared
/// (CGNAT), unspecified, multicast and reserved addresses, whether plain, IPv4-mapped or behind
/// NAT64 (IANA's special-purpose registries, RFC 6890). Any thread.
bool is_public(const core::address&);

} // namespace latchkey::net

#pragma once

#include <latchkey/core/ip_network.hpp>

namespace latchkey::net {

/// May the address be on the open Internet? Not loopback, private, link-local, shared (CGNAT),
/// unspecified, multicast and reserved ones, whether plain, IPv4-mapped or behind NAT64 (IANA's
/// special-purpose registries, RFC 6890).
bool is_public(const core::address&);

} // namespace latchkey::net

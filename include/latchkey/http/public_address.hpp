#pragma once

#include <latchkey/auth/network.hpp>

namespace latchkey::http {

/// May the address be on the open Internet? Not loopback, private, link-local, shared (CGNAT),
/// unspecified, multicast and reserved ones, whether plain, IPv4-mapped or behind NAT64 (IANA's
/// special-purpose registries, RFC 6890).
bool is_public(const auth::address&);

} // namespace latchkey::http

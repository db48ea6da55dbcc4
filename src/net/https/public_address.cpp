#include "net/https/public_address.hpp"

#include <algorithm>

namespace latchkey::net {

namespace {

// 6to4 and Teredo addresses are refused, because they tunnel to any IPv4 address and are not used
// today. ::/96 is "IPv4-compatible".
constexpr std::string_view special_purpose =
    "0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, "
    "192.0.0.0/24, 192.0.2.0/24, 192.88.99.0/24, 192.168.0.0/16, 198.18.0.0/15, 198.51.100.0/24, "
    "203.0.113.0/24, 224.0.0.0/4, 240.0.0.0/4, "
    "::/96, 64:ff9b:1::/48, 100::/64, 2001::/23, 2001:db8::/32, 2002::/16, fc00::/7, fe80::/10, "
    "fec0::/10, ff00::/8";

} // namespace

bool is_public(const core::address& a) {
    static const auto forbidden = core::parse_networks(special_purpose).value();
    static const auto nat64 = core::parse_network("64:ff9b::/96").value();
    if (!nat64.contains(a)) return !core::contains(forbidden, a);
    // The last four bytes are the IPv4 address behind NAT64 (RFC 6052).
    auto inner = core::parse_address("0.0.0.0").value();
    std::copy(a.bytes.end() - 4, a.bytes.end(), inner.bytes.end() - 4);
    return !core::contains(forbidden, inner);
}

} // namespace latchkey::net

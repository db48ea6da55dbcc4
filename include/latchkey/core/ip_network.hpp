#pragma once
// IP addresses and networks (RFC 4291, RFC 4632), as plain bytes. IPv4 is kept in its IPv4-mapped
// form, so that ::ffff:192.0.2.1 and 192.0.2.1 are the same address.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::core {

struct address {
    std::array<std::uint8_t, 16> bytes{};
    friend bool operator==(const address&, const address&) = default;
};

/// Reads dotted IPv4 or IPv6 text. Returns nullopt for all else, also for a zone, a port, brackets
/// or leading zeros.
std::optional<address> parse_address(std::string_view text);

/// True for 127.0.0.0/8 and ::1.
bool is_loopback(const address&) noexcept;

/// True for "localhost" and the text of a loopback address. Other names may mean any machine.
bool is_this_machine(std::string_view host);

struct network {
    address base;              ///< bits past the prefix are zero
    std::uint8_t prefix = 128; ///< in the 128-bit form: 192.0.2.0/24 has 120
    bool contains(const address&) const noexcept;
    friend bool operator==(const network&, const network&) = default;
};

/// Reads `address` or `address/prefix`, as PostgreSQL prints cidr and inet. Host bits that are set
/// are cleared. Returns nullopt if the text is malformed.
std::optional<network> parse_network(std::string_view text);

/// Reads addresses and networks, separated by commas and spaces; there may be none. Returns nullopt
/// if one of them is malformed.
std::optional<std::vector<network>> parse_networks(std::string_view text);

bool contains(std::span<const network>, const address&) noexcept;

} // namespace latchkey::core

#include <latchkey/core/ip_network.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

namespace latchkey::core {

namespace {

constexpr std::array<std::uint8_t, 12> ipv4_mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::uint8_t ipv4_prefix_offset = 96;

bool is_ipv4_text(std::string_view text) {
    return text.find(':') == std::string_view::npos;
}

// Byte `index` of the 128-bit mask whose first `prefix` bits are set.
std::uint8_t mask_byte(std::size_t index, std::size_t prefix) {
    const auto bits = prefix > index * 8 ? std::min<std::size_t>(prefix - index * 8, 8) : 0;
    return static_cast<std::uint8_t>(0xff00u >> bits);
}

} // namespace

std::optional<address> parse_address(std::string_view text) {
    // inet_pton needs a terminating zero. A text that is longer than any address is not an address.
    char copy[INET6_ADDRSTRLEN + 1];
    if (text.empty() || text.size() >= sizeof copy) return std::nullopt;
    if (text.find('\0') != std::string_view::npos) return std::nullopt;
    std::memcpy(copy, text.data(), text.size());
    copy[text.size()] = '\0';
    address out;
    if (is_ipv4_text(text)) {
        std::ranges::copy(ipv4_mapped, out.bytes.begin());
        if (::inet_pton(AF_INET, copy, out.bytes.data() + ipv4_mapped.size()) != 1)
            return std::nullopt;
    } else if (::inet_pton(AF_INET6, copy, out.bytes.data()) != 1) {
        return std::nullopt;
    }
    return out;
}

bool network::contains(const address& a) const noexcept {
    for (std::size_t i = 0; i < a.bytes.size(); ++i)
        if ((a.bytes[i] & mask_byte(i, prefix)) != base.bytes[i]) return false;
    return true;
}

std::optional<network> parse_network(std::string_view text) {
    const auto slash = text.find('/');
    const auto host = text.substr(0, slash);
    const auto parsed = parse_address(host);
    if (!parsed) return std::nullopt;
    network out{*parsed, 128};
    if (slash != std::string_view::npos) {
        const auto digits = text.substr(slash + 1);
        const unsigned most = is_ipv4_text(host) ? 32 : 128;
        unsigned prefix = 0;
        const auto* last = digits.data() + digits.size();
        const auto [end, error] = std::from_chars(digits.data(), last, prefix);
        const bool padded = digits.size() > 1 && digits.front() == '0';
        if (digits.empty() || end != last || error != std::errc() || padded || prefix > most)
            return std::nullopt;
        out.prefix = static_cast<std::uint8_t>(prefix + (most == 32 ? ipv4_prefix_offset : 0));
    }
    for (std::size_t i = 0; i < out.base.bytes.size(); ++i)
        out.base.bytes[i] &= mask_byte(i, out.prefix);
    return out;
}

std::optional<std::vector<network>> parse_networks(std::string_view text) {
    constexpr std::string_view separators = ", ";
    std::vector<network> out;
    for (;;) {
        text.remove_prefix(std::min(text.find_first_not_of(separators), text.size()));
        if (text.empty()) return out;
        const auto one = text.substr(0, text.find_first_of(separators));
        const auto parsed = parse_network(one);
        if (!parsed) return std::nullopt;
        out.push_back(*parsed);
        text.remove_prefix(one.size());
    }
}

bool is_loopback(const address& a) noexcept {
    constexpr network ipv4 = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127}}, 96 + 8};
    constexpr network ipv6 = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}, 128};
    return ipv4.contains(a) || ipv6.contains(a);
}

bool is_this_machine(std::string_view host) {
    const auto parsed = parse_address(host);
    return host == "localhost" || (parsed && is_loopback(*parsed));
}

bool contains(std::span<const network> networks, const address& a) noexcept {
    return std::ranges::any_of(networks, [&](const network& n) { return n.contains(a); });
}

} // namespace latchkey::core

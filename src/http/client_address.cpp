#include <latchkey/http/client_address.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace latchkey::http {

namespace {

constexpr core::network ipv4_addresses = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}}, 96};

// Returns true for an empty text, and for a colon and a port number.
bool is_port_behind(std::string_view text) noexcept {
    if (text.empty()) return true;
    if (text.front() != ':') return false;
    std::uint16_t number = 0;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data() + 1, last, number);
    return end == last && error == std::errc();
}

} // namespace

std::optional<core::address> address_named_by(std::string_view text) noexcept {
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos || !is_port_behind(text.substr(end + 1)))
            return std::nullopt;
        const auto inside = text.substr(1, end - 1);
        if (inside.find(':') == std::string_view::npos) return std::nullopt;
        return core::parse_address(inside);
    }
    const auto colon = text.find(':');
    const bool has_port = colon != std::string_view::npos && text.find(':', colon + 1) == text.npos;
    if (!has_port) return core::parse_address(text);
    if (!is_port_behind(text.substr(colon))) return std::nullopt;
    return core::parse_address(text.substr(0, colon));
}

core::address limited_as_one(core::address a) noexcept {
    if (!ipv4_addresses.contains(a)) std::fill(a.bytes.begin() + 8, a.bytes.end(), std::uint8_t{0});
    return a;
}

std::optional<core::address> peer_address(int fd) noexcept {
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&name), &length) != 0) return std::nullopt;
    core::address out;
    if (name.ss_family == AF_INET6) {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(name).sin6_addr;
        std::copy_n(v6.s6_addr, out.bytes.size(), out.bytes.begin());
        return out;
    }
    if (name.ss_family != AF_INET) return std::nullopt;
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(name).sin_addr;
    out = ipv4_addresses.base;
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&v4.s_addr), sizeof v4.s_addr,
                out.bytes.end() - sizeof v4.s_addr);
    return out;
}

} // namespace latchkey::http

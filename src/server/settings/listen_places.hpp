#pragma once
// The addresses that a server listens on, read from its settings.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::server {

/// sockaddr_un has room for these bytes and a zero.
inline constexpr std::size_t socket_path_bytes_max = 107;

struct listen_place {
    std::string text; ///< as it was written: "127.0.0.1:8080", "[::1]:8080", "unix:/run/api.sock"
    std::string path; ///< path of a unix socket; empty: `host` and `port` are used
    std::string host; ///< without brackets
    std::string port;
    bool is_ipv6 = false; ///< it was written in brackets

    bool is_unix() const noexcept { return !path.empty(); }
};

/// Reads a list that is separated by commas, with or without spaces. Returns nullopt if it is
/// empty, if a place is malformed, or if a place occurs twice (with port 0 it may).
std::optional<std::vector<listen_place>> parse_listen_places(std::string_view text);

/// Whether the listener at an IPv6 place must not take IPv4 connections (as one on [::] would),
/// because an IPv4 place in `all` has the same port.
bool leaves_ipv4_alone(const listen_place&, const std::vector<listen_place>& all);

/// Returns the parts of a list that is separated by commas, without the spaces around them. A blank
/// list has no parts.
std::vector<std::string_view> parts_of(std::string_view list);

} // namespace latchkey::server

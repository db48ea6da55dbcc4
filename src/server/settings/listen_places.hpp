#pragma once
// Where a server listens, as its settings say it.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::server {

/// sockaddr_un holds these and a zero.
inline constexpr std::size_t socket_path_bytes_max = 107;

struct listen_place {
    std::string text; ///< as it was written: "127.0.0.1:8080", "[::1]:8080", "unix:/run/api.sock"
    std::string path; ///< of a unix socket; empty: host and port
    std::string host; ///< without brackets
    std::string port;
    bool is_ipv6 = false; ///< in brackets

    bool is_unix() const noexcept { return !path.empty(); }
};

/// Separated by commas, with spaces or none. Nothing: there is none, one is malformed, or one
/// stands there twice (port 0 may).
std::optional<std::vector<listen_place>> parse_listen_places(std::string_view text);

/// On all addresses of IPv6 a listener would take those of IPv4 as well: not beside one of these
/// that has the port there.
bool leaves_ipv4_alone(const listen_place&, const std::vector<listen_place>& all);

/// Parts of a list that is separated by commas, without the spaces around them. A blank list has
/// none.
std::vector<std::string_view> parts_of(std::string_view list);

} // namespace latchkey::server

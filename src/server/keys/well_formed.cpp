#include "well_formed.hpp"

#include <latchkey/auth/network.hpp>
#include <latchkey/http/https_url.hpp>
#include <latchkey/pg/connect_options.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

namespace latchkey::server::keys {

namespace {

bool is_port(std::string_view port) {
    return !port.empty() && port.size() <= 5 &&
           std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
           std::stoi(std::string(port)) <= std::numeric_limits<std::uint16_t>::max();
}

} // namespace

bool is_host_and_port(std::string_view address) {
    const auto colon = address.rfind(':');
    if (colon == std::string_view::npos || !is_port(address.substr(colon + 1))) return false;
    const auto host = address.substr(0, colon);
    if (host.starts_with('[')) return host.size() > 2 && host.ends_with(']');
    return !host.empty() && host.size() <= 253 &&
           host.find_first_of(": /[]") == std::string_view::npos;
}

bool is_node_name(std::string_view name) {
    return name.size() <= 255;
}

// sockaddr_un holds 107 bytes and a zero.
bool is_socket_path(std::string_view path) {
    return !path.empty() && path.size() <= 107;
}

bool is_connection_string(std::string_view uri) {
    return !uri.empty() && pg::connect_options::parse(uri).has_value();
}

bool is_issuer(std::string_view name) {
    return !name.empty() && name.size() <= 1024;
}

bool is_path(std::string_view path) {
    return path.size() <= 4096;
}

bool is_jwks_url(std::string_view url) {
    return url.empty() || http::https_url::parse(url).has_value();
}

bool is_list(std::string_view text) {
    return text.size() <= 8192;
}

bool is_network_list(std::string_view text) {
    return auth::parse_networks(text).has_value();
}

} // namespace latchkey::server::keys

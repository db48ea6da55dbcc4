#include "server/settings/sections/well_formed.hpp"

#include "server/settings/listen_places.hpp"
#include "server/settings/pairs.hpp"

#include <latchkey/core/ip_network.hpp>
#include <latchkey/core/text/ascii.hpp>
#include <latchkey/net/https/https_url.hpp>
#include <latchkey/pg/connection/connect_options.hpp>
#include <latchkey/pg/legacy/legacy_names.hpp>

#include <algorithm>
#include <charconv>

namespace latchkey::server::settings {

bool is_listen_list(std::string_view addresses) {
    return parse_listen_places(addresses).has_value();
}

bool is_file_mode(std::string_view octal) {
    if (octal.size() == 4 && octal.front() == '0') octal.remove_prefix(1);
    return octal.size() == 3 && octal.find_first_not_of("01234567") == std::string_view::npos;
}

bool is_node_name(std::string_view name) {
    return name.size() <= 255;
}

// sockaddr_un has room for 107 bytes and a zero.
bool is_socket_path(std::string_view path) {
    return !path.empty() && path.size() <= 107;
}

bool is_connection_string(std::string_view uri) {
    return !uri.empty() && pg::connect_options::parse(uri).has_value();
}

bool is_old_table(std::string_view name) {
    return name.empty() || pg::is_table_name(name);
}

bool is_old_column(std::string_view name) {
    return name.empty() || pg::is_column_name(name);
}

bool is_issuer(std::string_view name) {
    return !name.empty() && name.size() <= 1024;
}

bool is_path(std::string_view path) {
    return path.size() <= 4096;
}

bool is_certificate_name(std::string_view name) {
    return name.size() <= 1024 &&
           std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
}

bool is_unix_place(std::string_view place) {
    if (place.empty()) return true;
    const auto places = parse_listen_places(place);
    return places && places->size() == 1 && places->front().is_unix();
}

bool is_tcp_list(std::string_view addresses) {
    if (addresses.empty()) return true;
    const auto places = parse_listen_places(addresses);
    return places && std::ranges::none_of(*places, &listen_place::is_unix);
}

bool is_short_text(std::string_view text) {
    return text.size() <= 1024;
}

bool is_jwks_url(std::string_view url) {
    return url.empty() || net::https_url::parse(url, net::https_url::schemes::both).has_value();
}

bool is_proxy_url(std::string_view url) {
    if (url.empty()) return true;
    const auto read = net::https_url::parse(url, net::https_url::schemes::http);
    return read && read->target == "/";
}

bool is_collector_url(std::string_view url) {
    return is_jwks_url(url);
}

bool is_ratio(std::string_view text) {
    double number = -1;
    const auto* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    return error == std::errc() && end == last && number >= 0 && number <= 1;
}

bool is_pair_list(std::string_view text) {
    return read_pairs(text).has_value();
}

bool is_field_list(std::string_view text) {
    constexpr std::string_view ours[] = {"host",           "connection", "content-length",
                                         "content-type",   "accept",     "transfer-encoding",
                                         "accept-encoding"};
    const auto pairs = read_pairs(text);
    return pairs && std::ranges::all_of(*pairs, [&](const auto& one) {
               return one.first.find('/') == one.first.npos &&
                      std::ranges::none_of(ours, [&](std::string_view name) {
                          return core::same_text(one.first, name);
                      });
           });
}

bool is_list(std::string_view text) {
    return text.size() <= 8192;
}

bool is_network_list(std::string_view text) {
    return core::parse_networks(text).has_value();
}

} // namespace latchkey::server::settings

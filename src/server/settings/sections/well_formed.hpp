#pragma once
// Checks whether texts are well formed.

#include <string_view>

namespace latchkey::server::settings {

bool is_listen_list(std::string_view addresses);
bool is_file_mode(std::string_view octal);
bool is_node_name(std::string_view name);
bool is_socket_path(std::string_view path);
bool is_connection_string(std::string_view uri);
/// A name of the older service's tables or columns; may be empty.
bool is_old_table(std::string_view name);
bool is_old_column(std::string_view name);
bool is_issuer(std::string_view name);
bool is_path(std::string_view path);
/// A URI or a DNS name, or nothing.
bool is_certificate_name(std::string_view name);
/// unix:/path, or nothing.
bool is_unix_place(std::string_view place);
/// host:port and [IPv6]:port, each once; or nothing.
bool is_tcp_list(std::string_view addresses);
/// At most 1024 bytes.
bool is_short_text(std::string_view text);
bool is_jwks_url(std::string_view url);
bool is_proxy_url(std::string_view url);
bool is_collector_url(std::string_view url);
bool is_ratio(std::string_view text);
/// "name=value,name=value"; percent-encoded bytes are allowed.
bool is_pair_list(std::string_view text);
/// A pair list whose names are fields that may be added to a request of ours.
bool is_field_list(std::string_view text);
bool is_list(std::string_view text);
bool is_network_list(std::string_view text);

} // namespace latchkey::server::settings

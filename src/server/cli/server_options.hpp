#pragma once
// The options that say which server a command asks.

#include "server/cli/command_line.hpp"

namespace latchkey::server {

inline constexpr option socket_option = {
    "socket", "PATH",
    "the server's admin socket; else LATCHKEY_ADMIN_SOCKET, else /run/latchkey/admin.sock"};

/// Every command that takes --socket takes these as well, without naming them.
inline constexpr option url_options[] = {
    {"url", "https://HOST:PORT",
     "the server's admin listener, in place of the socket; else LATCHKEY_ADMIN_URL"},
    {"key-file", "FILE", "with --url: a file with the API key to ask with; else LATCHKEY_KEY_FILE"},
    {"ca-file", "FILE",
     "with --url: the authorities (PEM) that the server's certificate is checked by; else "
     "LATCHKEY_CA_FILE, else the system's"},
};

} // namespace latchkey::server

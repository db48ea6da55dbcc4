#pragma once
// Which server the operators' commands ask, and how.

#include "server/cli/command_line.hpp"

#include <latchkey/crypto/secret.hpp>
#include <latchkey/net/https/https_url.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::server {

struct command_context;

/// An admin socket, or the URL of an admin listener with the key to ask with.
struct admin_place {
    admin_place() = default;
    /// A unix socket.
    admin_place(std::string path) : socket(std::move(path)) {}
    admin_place(const char* path) : socket(path) {}

    std::string socket;
    std::optional<net::https_url> url{}; ///< set: the server is asked there, not at the socket
    std::string ca_file{};               ///< empty: the system's authorities
    std::optional<crypto::secret> key{}; ///< sent as X-Latchkey-Key

    /// If set, nothing can be asked: what was named is unusable.
    std::string mistake{};
    int mistake_code = 0;

    /// How complaints name it.
    std::string name() const { return url ? "https://" + url->host_field() : socket; }
};

/// Whether a text may be a header field's value: nothing in it ends the field.
bool is_field_text(std::string_view);

/// Returns the place that --socket or --url name, else LATCHKEY_ADMIN_URL, else
/// LATCHKEY_ADMIN_SOCKET, else the default socket. Reads the key's file.
admin_place admin_socket(const command_line&, const command_context&);

} // namespace latchkey::server

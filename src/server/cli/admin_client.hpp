#pragma once
// The client of the operators' commands: asks the running server over its admin socket, in HTTP/1.1
// on a unix socket.

#include "server/cli/command_line.hpp"

#include <latchkey/core/clock.hpp>

#include <string>
#include <string_view>

namespace latchkey::server {

struct admin_answer {
    int exit_code = 0;
    std::string body;      ///< if `exit_code` is 0: a JSON object
    std::string complaint; ///< if it is not: a sentence
    unsigned status = 0;   ///< HTTP status; 0: nobody answered
};

/// Sends GET without a body, POST with one. Blocks for at most `patience`, which is longer than any
/// database.write_timeout.
admin_answer ask_admin(const std::string& socket, const std::string& target,
                       const std::string& body = {},
                       core::milliseconds patience = core::seconds(40));

/// Does the same with DELETE.
admin_answer delete_admin(const std::string& socket, const std::string& target,
                          core::milliseconds patience = core::seconds(40));

/// Returns 64 for mistakes of the caller (400, 404, 409, 422 …), 69 for what passes (408, 429,
/// 503), 77 for 401 and 403, and 70 for all others.
int exit_code_of_status(unsigned status);

// --- Shared by the commands ---

inline constexpr option socket_option = {
    "socket", "PATH",
    "the server's admin socket; else LATCHKEY_ADMIN_SOCKET, else /run/latchkey/admin.sock"};

/// Returns the path from --socket, LATCHKEY_ADMIN_SOCKET or the default, in this order.
std::string admin_socket(const command_line&, const command_context&);

/// Prints the answer as lines, or with --json as it came; or else prints the complaint. Returns the
/// exit code.
int show(const admin_answer&, const command_line&, command_context&);

/// Does the same for an answer with an array in the member `list`, which it prints as a table.
int show_table(const admin_answer&, std::string_view list, const command_line&, command_context&);

/// Writes a JSON object as lines of name and value. Members of members are named `outer.inner`.
std::string lines_of(std::string_view json);

} // namespace latchkey::server

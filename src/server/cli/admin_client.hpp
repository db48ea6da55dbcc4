#pragma once
// The operator's commands ask the running server over its admin socket: HTTP/1.1 on a unix socket.

#include "server/cli/command_line.hpp"

#include <latchkey/core/clock.hpp>

#include <string>
#include <string_view>

namespace latchkey::server {

struct admin_answer {
    int exit_code = 0;
    std::string body;      ///< when it is 0: a JSON object
    std::string complaint; ///< when it is not: a sentence
    unsigned status = 0;   ///< of HTTP; 0: nobody answered
};

/// Blocks for `patience` at most (longer than any database.write_timeout). GET without a body, POST
/// with one.
admin_answer ask_admin(const std::string& socket, const std::string& target,
                       const std::string& body = {},
                       core::milliseconds patience = core::seconds(40));

/// The same, with DELETE.
admin_answer delete_admin(const std::string& socket, const std::string& target,
                          core::milliseconds patience = core::seconds(40));

/// 64 for what the asker can mend (400, 404, 409, 422 …), 69 for what passes (408, 429, 503), 77
/// for 401 and 403, 70 for all else.
int exit_code_of_status(unsigned status);

// --- Shared by the commands ---

inline constexpr option socket_option = {
    "socket", "PATH",
    "the server's admin socket; else LATCHKEY_ADMIN_SOCKET, else /run/latchkey/admin.sock"};

/// By --socket, LATCHKEY_ADMIN_SOCKET or the default.
std::string admin_socket(const command_line&, const command_context&);

/// Prints the answer, as lines or with --json as it came, or the complaint. Answers with the exit
/// code.
int show(const admin_answer&, const command_line&, command_context&);

/// The same for an answer with a list, the array in the member `list`: as a table.
int show_table(const admin_answer&, std::string_view list, const command_line&, command_context&);

/// A JSON object as lines of name and value; members of members are named `outer.inner`.
std::string lines_of(std::string_view json);

} // namespace latchkey::server

#pragma once
// The client of the operators' commands: asks the running server over its admin listener, and shows
// what it answers.

#include "server/cli/admin_exchange.hpp"
#include "server/cli/admin_place.hpp"
#include "server/cli/command_line.hpp"
#include "server/cli/server_options.hpp"

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

/// Asks, and reads the answer. Blocks for at most `patience`, which is longer than any
/// database.write_timeout.
admin_answer ask_admin(const admin_place&, const admin_request&,
                       core::milliseconds patience = core::seconds(40));

/// Sends GET without a body, POST with one.
admin_answer ask_admin(const admin_place&, const std::string& target, const std::string& body = {},
                       core::milliseconds patience = core::seconds(40));

/// Does what the command line says: at its server, with `?wait=all` if --wait was given, with the
/// key of --idempotency-key.
admin_answer ask(const command_line&, const command_context&, admin_request);

/// Returns 64 for mistakes of the caller (400, 404, 409, 422 …), 69 for what passes (408, 429,
/// 503), 77 for 401 and 403, and 70 for all others.
int exit_code_of_status(unsigned status);

// --- Shared by the commands ---

inline constexpr option quiet_option = {"quiet", "", "print ids alone, one a line"};
/// For commands that make a secret.
inline constexpr option quiet_secret_option = {
    "quiet", "", "print the id alone, and behind it, after a tab, the new secret"};
inline constexpr option wait_option = {
    .name = "wait",
    .value_name = "all",
    .help = "wait until every node obeys it, and list them; exit code 69 if one is missing",
    .values = "all"};
inline constexpr option idempotency_option = {
    "idempotency-key", "KEY",
    "a text of your own for this request: sent again, it makes nothing new, and shows no secret"};
inline constexpr option yes_option = {"yes", "", "do not ask whether it is meant"};

/// Prints the answer as lines, or with --json as it came, with --quiet as its id; or else prints
/// the complaint. If nodes were waited for, prints a table of them as well. Returns the exit code:
/// 69 if a node is missing.
int show(const admin_answer&, const command_line&, command_context&);

/// Prints the nodes of an answer that was waited for. Returns 69 if one is missing, else 0.
int show_acknowledged(const admin_answer&, const command_line&, command_context&);

/// Prints a mistake in the command line, and returns its exit code.
int refuse(command_context&, std::string_view why);

/// Writes a JSON object as lines of name and value. Members of members are named `outer.inner`.
std::string lines_of(std::string_view json);

} // namespace latchkey::server

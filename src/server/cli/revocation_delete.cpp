#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

constexpr option options[] = {socket_option, json_option};

int run(const command_line& line, command_context& context) {
    const auto& id = *line.argument;
    if (!std::ranges::all_of(id, [](char c) { return c >= '0' && c <= '9'; })) {
        context.err << "latchkey: a REVOCATION_ID is a number, as \"revocation list\" shows\n";
        return exit_code::usage;
    }
    return show(ask(line, context, {"DELETE", "/admin/v1/revocations/" + id}), line, context);
}

} // namespace

const command revocation_delete_command = {
    "revocation delete", "Deletes a revocation: its tokens are good again", options, run,
    "REVOCATION_ID",     "latchkey revocation delete \"$REVOCATION_ID\""};

} // namespace latchkey::server

#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"

namespace latchkey::server {

namespace {

constexpr option options[] = {socket_option, json_option};

int run(const command_line& line, command_context& context) {
    return show(ask_admin(admin_socket(line, context), "/admin/v1/status"), line, context);
}

} // namespace

const command status_command = {
    "status", "Shows the state of the running server", options, run, {}, "latchkey status"};

} // namespace latchkey::server

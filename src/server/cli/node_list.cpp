#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/pages.hpp"

namespace latchkey::server {

namespace {

constexpr option options[] = {socket_option, quiet_option, json_option};

int run(const command_line& line, command_context& context) {
    return show_list(nodes_list, "", line, context);
}

} // namespace

const command node_list_command = {
    "node list", "Lists the servers on this database", options, run, {}, "latchkey node list"};

} // namespace latchkey::server

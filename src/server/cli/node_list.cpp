#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"

namespace latchkey::server {

namespace {

constexpr option options[] = {socket_option, json_option};

int run(const command_line& line, command_context& context) {
    return show_table(ask_admin(admin_socket(line, context), "/admin/v1/nodes"), "nodes", line,
                      context);
}

} // namespace

const command node_list_command = {"node list", "Lists the servers on this database", options, run};

} // namespace latchkey::server

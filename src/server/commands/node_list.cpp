#include <latchkey/server/admin_client.hpp>
#include <latchkey/server/commands.hpp>

namespace latchkey::server {

namespace {

constexpr option options[] = {socket_option, json_option};

int run(const command_line& line, command_context& context) {
    const auto answer = ask_admin(admin_socket(line, context), "/admin/v1/nodes");
    return show_table(answer, "nodes", line, context);
}

} // namespace

const command node_list_command = {"node list", "Lists the processes that serve", options, run};

} // namespace latchkey::server

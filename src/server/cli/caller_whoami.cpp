#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"

namespace latchkey::server {

namespace {

constexpr option options[] = {socket_option, json_option};

int run(const command_line& line, command_context& context) {
    return show(ask(line, context, {"GET", "/admin/v1/caller"}), line, context);
}

} // namespace

const command caller_whoami_command = {.name = "caller whoami",
                                       .summary = "Shows whom the server takes you for, and what "
                                                  "you may do",
                                       .options = options,
                                       .run = run,
                                       .example = "latchkey caller whoami"};

} // namespace latchkey::server

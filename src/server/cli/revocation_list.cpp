#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/pages.hpp"

namespace latchkey::server {

namespace {

constexpr option options[] = {limit_option, cursor_option, socket_option, quiet_option,
                              json_option};

int run(const command_line& line, command_context& context) {
    return show_list(revocations_list, "", line, context);
}

} // namespace

const command revocation_list_command = {"revocation list",
                                         "Lists the revocations of tokens",
                                         options,
                                         run,
                                         {},
                                         "latchkey revocation list --limit 20"};

} // namespace latchkey::server

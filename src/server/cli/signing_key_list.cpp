#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"

namespace latchkey::server {

namespace {

constexpr option options[] = {socket_option, json_option};

int run(const command_line& line, command_context& context) {
    return show_table(ask_admin(admin_socket(line, context), "/admin/v1/signing-keys"),
                      "signing_keys", line, context);
}

} // namespace

const command signing_key_list_command = {"signing-key list",
                                          "Lists the signing keys of our own tokens", options, run};

} // namespace latchkey::server

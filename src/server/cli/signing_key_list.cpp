#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/pages.hpp"

namespace latchkey::server {

namespace {

constexpr option options[] = {socket_option, quiet_option, json_option};

int run(const command_line& line, command_context& context) {
    return show_list(signing_keys_list, "", line, context);
}

} // namespace

const command signing_key_list_command = {
    "signing-key list",         "Lists the signing keys of our own tokens", options, run, {},
    "latchkey signing-key list"};

} // namespace latchkey::server

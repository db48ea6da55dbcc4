#include "server/cli/commands.hpp"

namespace latchkey::server {

namespace {

int run(const command_line&, command_context& context) {
    context.out << reference_configuration();
    return exit_code::ok;
}

} // namespace

const command reference_config_command = {
    "reference-config",
    "Prints a configuration file with every setting, its default and its range",
    {},
    run,
    {},
    "latchkey reference-config > latchkey.toml"};

} // namespace latchkey::server

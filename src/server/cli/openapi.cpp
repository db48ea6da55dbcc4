#include "server/cli/commands.hpp"

#include <latchkey/api/description.hpp>

namespace latchkey::server {

namespace {

int run(const command_line&, command_context& context) {
    context.out << api::readable_description();
    return exit_code::ok;
}

} // namespace

const command openapi_command = {
    "openapi", "Prints the description of the HTTP API, in OpenAPI 3.1",
    {},        run,
    {},        "latchkey openapi > openapi.json"};

} // namespace latchkey::server

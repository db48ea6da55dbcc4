#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/request_writer.hpp"

#include <latchkey/api/admin_requests.hpp>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    {.name = "name", .value_name = "NAME", .help = "its name", .required = true},
    {"id", "ID", "its id; without it, an id is generated"},
    idempotency_option,
    socket_option,
    quiet_option,
    json_option,
};

int run(const command_line& line, command_context& context) {
    constexpr const auto& fields = api::admin_requests::create_organization;
    request_writer body(line);
    body.text("name", fields.name("name"));
    body.text("id", fields.name("organization_id"));
    return show(ask(line, context, {"POST", "/admin/v1/organizations", *body.finish()}), line,
                context);
}

} // namespace

const command org_create_command = {.name = "org create",
                                    .summary = "Makes an organization",
                                    .options = options,
                                    .run = run,
                                    .example = "latchkey org create --name \"Acme Ltd\" --id acme"};

} // namespace latchkey::server

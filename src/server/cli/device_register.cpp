#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/object_request.hpp"

#include <latchkey/api/admin_requests.hpp>

#include <istream>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    {.name = "organization",
     .value_name = "ID",
     .help = "the organization that the device belongs to",
     .required = true},
    {.name = "name", .value_name = "NAME", .help = "its name", .required = true},
    {"id", "ID", "its id; without it, an id is generated"},
    {"scopes", "A,B", "the scopes that are granted"},
    {"metadata", "JSON", "a JSON object that authentications return"},
    {"secret-stdin", "",
     "read the secret from standard input; without it, one is generated and shown"},
    idempotency_option,
    socket_option,
    quiet_secret_option,
    json_option,
};

int run(const command_line& line, command_context& context) {
    constexpr const auto& fields = api::admin_requests::register_device;
    request_writer writer(line);
    writer.text("organization", fields.name("organization_id"));
    writer.text("name", fields.name("name"));
    writer.text("id", fields.name("device_id"));
    writer.list("scopes", fields.name("scopes"));
    writer.object("metadata", fields.name("metadata"));
    if (line.has("secret-stdin")) {
        std::string secret;
        std::getline(context.in, secret);
        writer.given(fields.name("device_secret"), secret);
    }
    const auto body = writer.finish();
    if (!body) return refuse(context, body.error().message);
    const auto answer = ask(line, context, {"POST", "/admin/v1/devices", *body});
    say_shown_once(answer, "device_secret", context);
    return show(answer, line, context);
}

} // namespace

const command device_register_command = {
    .name = "device register",
    .summary = "Registers a device; shows a generated secret once",
    .options = options,
    .run = run,
    .example = "latchkey device register --organization acme --name \"Back door\" --id door-8"};
const command device_create_command = {
    .name = "device create",
    .summary = "Is another name of \"device register\"",
    .options = options,
    .run = run,
    .example = "latchkey device create --organization acme --name \"Side door\" --id door-9"};

} // namespace latchkey::server

#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/request_writer.hpp"

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
    socket_option,
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
    const bool chosen = line.has("secret-stdin");
    if (chosen) {
        std::string secret;
        std::getline(context.in, secret);
        writer.given(fields.name("device_secret"), secret);
    }
    const auto body = writer.finish();
    if (!body) {
        context.err << "latchkey: " << body.error().message << '\n';
        return exit_code::usage;
    }
    const auto answer = ask_admin(admin_socket(line, context), "/admin/v1/devices", *body);
    if (answer.exit_code == exit_code::ok && !chosen)
        context.err << "The device_secret is shown once: put it into the device now.\n";
    return show(answer, line, context);
}

} // namespace

const command device_register_command = {
    "device register", "Registers a device; shows a generated secret once", options, run};

} // namespace latchkey::server

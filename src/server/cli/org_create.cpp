#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"

#include <latchkey/core/text/json_text.hpp>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    {.name = "name", .value_name = "NAME", .help = "its name", .required = true},
    {"id", "ID", "its id; without it, an id is generated"},
    socket_option,
    json_option,
};

int run(const command_line& line, command_context& context) {
    std::string body = R"({"name":)";
    core::append_json_string(body, *line.get("name"));
    if (const auto id = line.get("id")) {
        body += R"(,"organization_id":)";
        core::append_json_string(body, *id);
    }
    body += '}';
    return show(ask_admin(admin_socket(line, context), "/admin/v1/organizations", body), line,
                context);
}

} // namespace

const command org_create_command = {"org create", "Makes an organization", options, run};

} // namespace latchkey::server

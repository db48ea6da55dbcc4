// Who holds a role.
#include "server/cli/commands.hpp"
#include "server/cli/object_request.hpp"
#include "server/cli/pages.hpp"

#include <latchkey/api/admin_requests.hpp>

namespace latchkey::server {

namespace {

constexpr option key_option = {"key", "KEY_ID", "an API key of the role's organization"};
constexpr option device_option = {"device", "DEVICE_ID", "a device of the role's organization"};
constexpr option grant_options[] = {key_option, device_option, idempotency_option, socket_option,
                                    json_option};
constexpr option ungrant_options[] = {key_option,         device_option, wait_option,
                                      idempotency_option, socket_option, json_option};
constexpr option list_options[] = {limit_option, cursor_option, socket_option, json_option};

int post(std::string_view action, const command_line& line, command_context& context) {
    constexpr const auto& fields = api::admin_requests::role_holder;
    if (line.has("key") == line.has("device"))
        return refuse(context, "give one of --key and --device");
    request_writer body(line);
    body.text("key", fields.name("key_id"));
    body.text("device", fields.name("device_id"));
    return post_to_object(role_object, action, body, line, context);
}

int run_grant(const command_line& line, command_context& context) {
    return post("grant", line, context);
}

int run_ungrant(const command_line& line, command_context& context) {
    return post("ungrant", line, context);
}

int run_list(const command_line& line, command_context& context) {
    if (const auto code = refuse_id(line, context, role_object.argument)) return *code;
    const auto target = std::string(role_object.path) + *line.argument + "/grants";
    auto kind = role_grants_list;
    kind.target = target;
    return show_list(kind, {}, line, context);
}

} // namespace

const command role_grant_command = {.name = "role grant",
                                    .summary = "Grants a role to an API key or a device",
                                    .options = grant_options,
                                    .run = run_grant,
                                    .argument = "ROLE_ID",
                                    .example =
                                        "latchkey role grant \"$ROLE_ID\" --key \"$KEY_ID\""};
const command role_ungrant_command = {
    .name = "role ungrant",
    .summary = "Takes a role from an API key or a device",
    .options = ungrant_options,
    .run = run_ungrant,
    .argument = "ROLE_ID",
    .example = "latchkey role ungrant \"$ROLE_ID\" --device door-7 --wait all"};
const command role_grants_command = {.name = "role grants",
                                     .summary = "Lists who holds a role",
                                     .options = list_options,
                                     .run = run_list,
                                     .argument = "ROLE_ID",
                                     .example = "latchkey role grants \"$ROLE_ID\""};

} // namespace latchkey::server

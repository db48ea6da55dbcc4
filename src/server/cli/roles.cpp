#include "server/cli/commands.hpp"
#include "server/cli/key_filters.hpp"
#include "server/cli/object_request.hpp"
#include "server/cli/pages.hpp"

#include <latchkey/api/admin_requests.hpp>

namespace latchkey::server {

namespace {

constexpr option create_options[] = {
    {.name = "organization",
     .value_name = "ID",
     .help = "the organization that the role belongs to",
     .required = true},
    {.name = "name", .value_name = "NAME", .help = "its name there", .required = true},
    {"scopes", "A,B", "the scopes that its holders get"},
    idempotency_option,
    socket_option,
    quiet_option,
    json_option,
};
constexpr option list_options[] = {organization_filter, name_filter,  limit_option, cursor_option,
                                   socket_option,       quiet_option, json_option};
constexpr option show_options[] = {socket_option, json_option};
constexpr option update_options[] = {
    {"name", "NAME", "its new name"},
    {"scopes", "A,B", "the scopes that its holders get, in place of all others; '' for none"},
    wait_option,
    socket_option,
    json_option,
};
constexpr option delete_options[] = {wait_option, socket_option, json_option};

int run_create(const command_line& line, command_context& context) {
    constexpr const auto& fields = api::admin_requests::create_role;
    request_writer body(line);
    body.text("organization", fields.name("organization_id"));
    body.text("name", fields.name("name"));
    body.list("scopes", fields.name("scopes"));
    const auto text = body.finish();
    if (!text) return refuse(context, text.error().message);
    return show(ask(line, context, {"POST", "/admin/v1/roles", *text}), line, context);
}

int run_list(const command_line& line, command_context& context) {
    query_writer query(line, context.now);
    query.text("organization", "organization_id");
    query.text("name", "name");
    return show_list(roles_list, *query.finish(), line, context);
}

int run_show(const command_line& line, command_context& context) {
    return show_object(role_object, line, context);
}

int run_update(const command_line& line, command_context& context) {
    constexpr const auto& fields = api::admin_requests::change_role;
    request_writer body(line);
    body.text("name", fields.name("name"));
    body.list_or_none("scopes", fields.name("scopes"));
    return patch_object(role_object, body, line, context);
}

int run_delete(const command_line& line, command_context& context) {
    if (const auto code = refuse_id(line, context, role_object.argument)) return *code;
    return show(ask(line, context, {"DELETE", std::string(role_object.path) + *line.argument}),
                line, context);
}

} // namespace

const command role_create_command = {
    .name = "role create",
    .summary = "Makes a role: scopes under a name, for an organization's keys and devices",
    .options = create_options,
    .run = run_create,
    .example = "latchkey role create --organization acme --name editor --scopes "
               "'documents.*,billing.read'"};
const command role_list_command = {.name = "role list",
                                   .summary = "Lists roles",
                                   .options = list_options,
                                   .run = run_list,
                                   .example = "latchkey role list --organization acme"};
const command role_show_command = {.name = "role show",
                                   .summary = "Shows one role",
                                   .options = show_options,
                                   .run = run_show,
                                   .argument = "ROLE_ID",
                                   .example = "latchkey role show \"$ROLE_ID\""};
const command role_update_command = {
    .name = "role update",
    .summary = "Changes a role, and what its holders may",
    .options = update_options,
    .run = run_update,
    .argument = "ROLE_ID",
    .example = "latchkey role update \"$ROLE_ID\" --scopes documents.read --wait all"};
const command role_delete_command = {.name = "role delete",
                                     .summary = "Deletes a role: its holders lose it",
                                     .options = delete_options,
                                     .run = run_delete,
                                     .argument = "ROLE_ID",
                                     .example = "latchkey role delete \"$ROLE_ID\" --wait all"};

} // namespace latchkey::server

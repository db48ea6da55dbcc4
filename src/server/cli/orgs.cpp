#include "server/cli/commands.hpp"
#include "server/cli/confirm.hpp"
#include "server/cli/key_filters.hpp"
#include "server/cli/object_request.hpp"
#include "server/cli/organization_credentials.hpp"
#include "server/cli/pages.hpp"

namespace latchkey::server {

namespace {

constexpr option list_options[] = {
    name_filter,
    {.name = "state",
     .value_name = "STATE",
     .help = "those in this state: active or disabled",
     .values = "active|disabled"},
    limit_option,
    cursor_option,
    socket_option,
    quiet_option,
    json_option,
};
constexpr option show_options[] = {socket_option, json_option};
constexpr option update_options[] = {{"name", "NAME", "its new name"}, socket_option, json_option};
constexpr option enable_options[] = {socket_option, json_option};
constexpr option disable_options[] = {
    {"dry-run", "", "change nothing, and count the keys and devices that would be refused"},
    wait_option,
    yes_option,
    socket_option,
    json_option,
};

int run_list(const command_line& line, command_context& context) {
    query_writer query(line, context.now);
    query.text("name", "name");
    query.text("state", "state");
    return show_list(organizations_list, *query.finish(), line, context);
}

int run_show(const command_line& line, command_context& context) {
    return show_object(organization_object, line, context);
}

int run_update(const command_line& line, command_context& context) {
    request_writer body(line);
    body.text("name", "name");
    return patch_object(organization_object, body, line, context);
}

int run_enable(const command_line& line, command_context& context) {
    return enable_object(organization_object, true, line, context);
}

int run_disable(const command_line& line, command_context& context) {
    if (const auto code = refuse_id(line, context, organization_object.argument)) return *code;
    if (line.has("dry-run")) return show_credential_counts(*line.argument, line, context);
    if (const auto code = unless_meant(
            line, context,
            "This ends all keys, devices and tokens of the organization \"" + *line.argument +
                "\" until it is enabled again; --dry-run counts them."))
        return *code;
    return enable_object(organization_object, false, line, context);
}

} // namespace

const command org_list_command = {.name = "org list",
                                  .summary = "Lists the organizations",
                                  .options = list_options,
                                  .run = run_list,
                                  .example = "latchkey org list --name acme"};
const command org_show_command = {.name = "org show",
                                  .summary = "Shows one organization",
                                  .options = show_options,
                                  .run = run_show,
                                  .argument = "ORGANIZATION_ID",
                                  .example = "latchkey org show acme"};
const command org_update_command = {.name = "org update",
                                    .summary = "Changes an organization's name",
                                    .options = update_options,
                                    .run = run_update,
                                    .argument = "ORGANIZATION_ID",
                                    .example = "latchkey org update acme --name \"Acme Inc\""};
const command org_enable_command = {.name = "org enable",
                                    .summary = "Enables an organization that was disabled",
                                    .options = enable_options,
                                    .run = run_enable,
                                    .argument = "ORGANIZATION_ID",
                                    .example = "latchkey org enable acme"};
const command org_disable_command = {
    .name = "org disable",
    .summary = "Disables an organization: all its credentials are refused",
    .options = disable_options,
    .run = run_disable,
    .argument = "ORGANIZATION_ID",
    .example = "latchkey org disable acme --yes --wait all"};

} // namespace latchkey::server

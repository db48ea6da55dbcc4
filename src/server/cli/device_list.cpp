#include "server/cli/commands.hpp"
#include "server/cli/key_filters.hpp"
#include "server/cli/object_request.hpp"
#include "server/cli/pages.hpp"

namespace latchkey::server {

namespace {

constexpr option list_options[] = {
    organization_filter,
    name_filter,
    unused_filter,
    {.name = "state",
     .value_name = "STATE",
     .help = "those that are active, disabled or revoked",
     .values = "active|disabled|revoked"},
    limit_option,
    cursor_option,
    socket_option,
    quiet_option,
    json_option,
};
constexpr option show_options[] = {socket_option, json_option};

int run_list(const command_line& line, command_context& context) {
    query_writer query(line, context.now);
    add_key_filters(query);
    const auto text = query.finish();
    if (!text) return refuse(context, text.error().message);
    return show_list(devices_list, *text, line, context);
}

int run_show(const command_line& line, command_context& context) {
    return show_object(device_object, line, context);
}

} // namespace

const command device_list_command = {.name = "device list",
                                     .summary = "Lists the devices",
                                     .options = list_options,
                                     .run = run_list,
                                     .example =
                                         "latchkey device list --organization acme --unused 90d"};
const command device_show_command = {.name = "device show",
                                     .summary = "Shows one device",
                                     .options = show_options,
                                     .run = run_show,
                                     .argument = "DEVICE_ID",
                                     .example = "latchkey device show door-7"};

} // namespace latchkey::server

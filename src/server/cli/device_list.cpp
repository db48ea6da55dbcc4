#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/pages.hpp"

namespace latchkey::server {

namespace {

constexpr option list_options[] = {limit_option, cursor_option, socket_option, json_option};
constexpr option show_options[] = {socket_option, json_option};

int run_list(const command_line& line, command_context& context) {
    return show_page("/admin/v1/devices", "devices", line, context);
}

int run_show(const command_line& line, command_context& context) {
    if (const auto code = refuse_id(line, context, "DEVICE_ID")) return *code;
    return show(ask_admin(admin_socket(line, context), "/admin/v1/devices/" + *line.argument), line,
                context);
}

} // namespace

const command device_list_command = {"device list", "Lists the devices", list_options, run_list};
const command device_show_command = {"device show", "Shows one device", show_options, run_show,
                                     "DEVICE_ID"};

} // namespace latchkey::server

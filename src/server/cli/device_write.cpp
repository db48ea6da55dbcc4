#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/pages.hpp"
#include "server/cli/request_writer.hpp"

#include <latchkey/api/admin_requests.hpp>

namespace latchkey::server {

namespace {

constexpr option rotate_options[] = {
    {"overlap", "24h", "how long the old secret stays good; without it, it ends at once"},
    socket_option,
    json_option,
};
constexpr option revoke_options[] = {
    {"reason", "TEXT", "the reason, which is stored with the device"}, socket_option, json_option};

// Sends POST with the writer's members.
admin_answer write(const request_writer& writer, std::string_view what, const command_line& line,
                   const command_context& context) {
    const auto body = writer.finish();
    if (!body) return {exit_code::usage, {}, body.error().message};
    return ask_admin(admin_socket(line, context),
                     "/admin/v1/devices/" + *line.argument + '/' + std::string(what), *body);
}

int run_rotate(const command_line& line, command_context& context) {
    if (const auto code = refuse_id(line, context, "DEVICE_ID")) return *code;
    request_writer writer(line);
    writer.seconds("overlap", api::admin_requests::rotate_device.name("overlap"), 0);
    const auto answer = write(writer, "rotate", line, context);
    if (answer.exit_code == exit_code::ok)
        context.err << "The device_secret is shown once: put it into the device now.\n";
    return show(answer, line, context);
}

int run_revoke(const command_line& line, command_context& context) {
    if (const auto code = refuse_id(line, context, "DEVICE_ID")) return *code;
    request_writer writer(line);
    writer.text("reason", api::admin_requests::revoke.name("reason"));
    return show(write(writer, "revoke", line, context), line, context);
}

} // namespace

const command device_rotate_command = {"device rotate",
                                       "Makes a new secret for a device and shows it once",
                                       rotate_options, run_rotate, "DEVICE_ID"};
const command device_revoke_command = {"device revoke", "Revokes a device for good", revoke_options,
                                       run_revoke, "DEVICE_ID"};

} // namespace latchkey::server

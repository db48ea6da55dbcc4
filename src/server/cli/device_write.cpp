#include "server/cli/commands.hpp"
#include "server/cli/object_request.hpp"

#include <latchkey/api/admin_requests.hpp>

namespace latchkey::server {

namespace {

constexpr option update_options[] = {
    {"name", "NAME", "its new name"},
    {"scopes", "A,B", "the scopes that are granted, in place of all others; '' for none"},
    {"metadata", "JSON", "a JSON object that authentications return; '' for none"},
    wait_option,
    socket_option,
    json_option,
};
constexpr option rotate_options[] = {
    {"overlap", "24h", "how long the old secret stays good; without it, a day"},
    {"finish", "", "make no new secret: end the old one of the last rotation now"},
    wait_option,
    idempotency_option,
    socket_option,
    quiet_secret_option,
    json_option,
};
constexpr option enable_options[] = {socket_option, json_option};
constexpr option disable_options[] = {wait_option, socket_option, json_option};
constexpr option revoke_options[] = {
    {"reason", "TEXT", "the reason, which is stored with the device"},
    wait_option,
    socket_option,
    json_option,
};

int run_update(const command_line& line, command_context& context) {
    constexpr const auto& fields = api::admin_requests::register_device;
    request_writer body(line);
    body.text("name", fields.name("name"));
    body.list_or_none("scopes", fields.name("scopes"));
    if (!body.clears("metadata", fields.name("metadata")))
        body.object("metadata", fields.name("metadata"));
    return patch_object(device_object, body, line, context);
}

int run_rotate(const command_line& line, command_context& context) {
    if (line.has("overlap") && line.has("finish"))
        return refuse(context, "give one of --overlap and --finish");
    request_writer body(line);
    body.seconds("overlap", api::admin_requests::rotate_device.name("overlap"), 0);
    body.flag("finish", "finish");
    return post_for_secret(device_object, "rotate", body, "device_secret", line, context);
}

int run_enable(const command_line& line, command_context& context) {
    return enable_object(device_object, true, line, context);
}

int run_disable(const command_line& line, command_context& context) {
    return enable_object(device_object, false, line, context);
}

int run_revoke(const command_line& line, command_context& context) {
    request_writer body(line);
    body.text("reason", api::admin_requests::revoke.name("reason"));
    return post_to_object(device_object, "revoke", body, line, context);
}

} // namespace

const command device_update_command = {
    .name = "device update",
    .summary = "Changes a device; what is not named stays as it is",
    .options = update_options,
    .run = run_update,
    .argument = "DEVICE_ID",
    .example = "latchkey device update door-7 --name \"Front door\" --scopes doors:open"};
const command device_rotate_command = {.name = "device rotate",
                                       .summary =
                                           "Makes a new secret for a device and shows it once",
                                       .options = rotate_options,
                                       .run = run_rotate,
                                       .argument = "DEVICE_ID",
                                       .example = "latchkey device rotate door-7 --overlap 24h"};
const command device_enable_command = {.name = "device enable",
                                       .summary = "Enables a device that was disabled",
                                       .options = enable_options,
                                       .run = run_enable,
                                       .argument = "DEVICE_ID",
                                       .example = "latchkey device enable door-7"};
const command device_disable_command = {.name = "device disable",
                                        .summary = "Disables a device until it is enabled again",
                                        .options = disable_options,
                                        .run = run_disable,
                                        .argument = "DEVICE_ID",
                                        .example = "latchkey device disable door-7 --wait all"};
const command device_revoke_command = {.name = "device revoke",
                                       .summary = "Revokes a device for good",
                                       .options = revoke_options,
                                       .run = run_revoke,
                                       .argument = "DEVICE_ID",
                                       .example = "latchkey device revoke door-7 --reason lost"};

} // namespace latchkey::server

#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/pages.hpp"
#include "server/cli/request_writer.hpp"

#include <latchkey/api/admin_requests.hpp>
#include <latchkey/auth/api_key/api_key.hpp>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    {"reason", "TEXT", "the reason, which is stored with the key"}, socket_option, json_option};

int run(const command_line& line, command_context& context) {
    const auto& id = *line.argument;
    // The complaint must not repeat a key, because others may read it.
    if (auth::classify_api_key(id) == auth::api_key_shape::own) {
        context.err
            << "latchkey: this is the key itself: name its KEY_ID, which \"key create\" and "
               "verifications show\n";
        return exit_code::usage;
    }
    if (const auto code = refuse_id(line, context, "KEY_ID")) return *code;
    request_writer body(line);
    body.text("reason", api::admin_requests::revoke.name("reason"));
    return show(ask_admin(admin_socket(line, context), "/admin/v1/api-keys/" + id + "/revoke",
                          *body.finish()),
                line, context);
}

} // namespace

const command key_revoke_command = {"key revoke", "Revokes an API key for good", options, run,
                                    "KEY_ID"};

} // namespace latchkey::server

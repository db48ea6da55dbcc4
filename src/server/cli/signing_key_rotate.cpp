#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/request_writer.hpp"

#include <latchkey/api/admin_requests.hpp>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    {"now", "",
     "at once: the current signing key is dropped as compromised, and its tokens are invalid"},
    socket_option,
    json_option,
};

int run(const command_line& line, command_context& context) {
    request_writer body(line);
    body.flag("now", api::admin_requests::rotate_signing_keys.name("now"));
    const auto answer =
        ask_admin(admin_socket(line, context), "/admin/v1/signing-keys/rotate", *body.finish());
    if (answer.exit_code == exit_code::ok && !line.has("now"))
        context.err
            << "The next signing key signs from its activates_at on. Tokens that are already "
               "signed stay good.\n";
    return show_table(answer, "signing_keys", line, context);
}

} // namespace

const command signing_key_rotate_command = {"signing-key rotate",
                                            "Makes the next signing key take over", options, run};

} // namespace latchkey::server

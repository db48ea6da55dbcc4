#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/confirm.hpp"
#include "server/cli/pages.hpp"
#include "server/cli/request_writer.hpp"

#include <latchkey/api/admin_requests.hpp>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    {"now", "",
     "at once: the current signing key is dropped as compromised, and its tokens are invalid"},
    yes_option,
    wait_option,
    socket_option,
    quiet_option,
    json_option,
};

int run(const command_line& line, command_context& context) {
    if (line.has("now"))
        if (const auto code = unless_meant(
                line, context,
                "This drops the current signing key, and ends every token that it signed."))
            return *code;
    request_writer body(line);
    body.flag("now", api::admin_requests::rotate_signing_keys.name("now"));
    const auto answer =
        ask(line, context, {"POST", "/admin/v1/signing-keys/rotate", *body.finish()});
    if (answer.exit_code == exit_code::ok && !line.has("now"))
        context.err
            << "The next signing key signs from its activates_at on. Tokens that are already "
               "signed stay good.\n";
    return show_rows(signing_keys_list, answer, line, context);
}

} // namespace

const command signing_key_rotate_command = {.name = "signing-key rotate",
                                            .summary = "Makes the next signing key take over",
                                            .options = options,
                                            .run = run,
                                            .example = "latchkey signing-key rotate"};

} // namespace latchkey::server

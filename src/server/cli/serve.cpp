#include "server/process/serve.hpp"
#include "server/cli/commands.hpp"
#include "server/process/passed_sockets.hpp"

#include <thread>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    config_option,
    {"listen", "HOST:PORT", "server.listen for this start"},
    {"workers", "N", "server.workers for this start"},
    set_option,
};

int start(const command_line& line, command_context& context) {
    int code = exit_code::ok;
    const auto settings = configured(line, context, code);
    if (!settings) return code;
    const auto sources = sources_from(line, context);
    wipe_secret_variables();
    return serve(*settings, *sources);
}

// If systemd passed the socket, a waiting client makes systemd start us again at once. The pause
// keeps a start with a bad configuration from repeating without end.
int run(const command_line& line, command_context& context) {
    const bool awaited = sockets_are_passed();
    const int code = start(line, context);
    if (awaited && (code == exit_code::configuration || code == exit_code::permission))
        std::this_thread::sleep_for(core::seconds(1));
    return code;
}

} // namespace

const command serve_command = {"serve", "Runs the server",
                               options, run,
                               {},      "latchkey serve --config /etc/latchkey/latchkey.toml"};

} // namespace latchkey::server

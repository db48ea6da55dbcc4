#include <latchkey/server/serve.hpp>

#include <latchkey/server/commands.hpp>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    config_option,
    {"listen", "HOST:PORT", "server.listen for this start"},
    {"workers", "N", "server.workers for this start"},
    set_option,
};

int run(const command_line& line, command_context& context) {
    int code = exit_code::ok;
    const auto settings = configured(line, context, code);
    if (!settings) return code;
    const auto sources = sources_from(line, context);
    wipe_secret_variables();
    return serve(*settings, issuers_of(sources->file, settings->tokens.issuer));
}

} // namespace

const command serve_command = {"serve", "Runs the server", options, run};

} // namespace latchkey::server

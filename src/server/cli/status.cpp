#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/exit_code.hpp"
#include "server/cli/status_screen.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <chrono>

namespace latchkey::server {

namespace {

namespace json = boost::json;

constexpr core::milliseconds watch_interval{2000};

constexpr option watch_option = {"watch", "", "show it again every two seconds, until interrupted"};
constexpr option options[] = {socket_option, watch_option, json_option};

int show_once(const command_line& line, command_context& context) {
    const auto status = ask_admin(admin_socket(line, context), "/admin/v1/status");
    if (status.exit_code != exit_code::ok || line.has("json")) return show(status, line, context);
    boost::system::error_code bad;
    const auto told = json::parse(status.body, bad);
    painter out(context.out, context.terminal.colour);
    if (line.has("watch") && context.terminal.out) out.clear();
    const auto now = line.has("watch") ? std::chrono::system_clock::now() : context.now;
    if (told.is_object()) show_status(out, told.as_object(), now);
    return exit_code::ok;
}

// While it watches, a server that is away for a moment is no reason to end.
int run(const command_line& line, command_context& context) {
    if (!line.has("watch")) return show_once(line, context);
    for (;;) {
        const int outcome = show_once(line, context);
        if (outcome != exit_code::ok && outcome != exit_code::unavailable) return outcome;
        if (!context.out.flush()) return exit_code::unavailable;
        if (!context.pause(watch_interval)) return exit_code::ok;
    }
}

} // namespace

const command status_command = {
    "status", "Shows what the running server does, and what is wrong with it",
    options,  run,
    {},       "latchkey status"};

} // namespace latchkey::server

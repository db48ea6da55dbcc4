#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/mistakes.hpp"

#include <boost/json/parse.hpp>

namespace latchkey::server {

namespace {

namespace json = boost::json;

constexpr option options[] = {socket_option, json_option};
constexpr unsigned no_good = 422;

std::string shown(const json::value& value) {
    return value.is_string() ? std::string(value.get_string()) : "(not shown)";
}

void print(std::ostream& out, const json::array& settings, std::string_view of_each) {
    for (const auto& one : settings)
        out << std::string_view(one.at("key").as_string()) << ": " << shown(one.at("from"))
            << " -> " << shown(one.at("to")) << of_each << '\n';
}

void print(std::ostream& out, const std::string& body) {
    const auto report = json::parse(body);
    const auto& changed = report.at("changed").as_array();
    const auto& needs_restart = report.at("needs_restart").as_array();
    print(out, changed, "");
    print(out, needs_restart, " (needs a restart)");
    if (changed.empty() && needs_restart.empty()) out << "no setting has changed\n";
}

int run(const command_line& line, command_context& context) {
    const auto answer = ask_admin(admin_socket(line, context), "/admin/v1/reload", "{}");
    if (answer.status == no_good) {
        if (line.has("json"))
            context.out << R"({"mistakes":)" << mistakes_json(answer.complaint) << "}\n";
        else
            context.err << answer.complaint << "\nlatchkey: nothing has changed\n";
        return exit_code::configuration;
    }
    if (answer.exit_code != exit_code::ok || line.has("json")) return show(answer, line, context);
    print(context.out, answer.body);
    return exit_code::ok;
}

} // namespace

const command reload_command = {"reload", "Makes the running server read its configuration again",
                                options,  run,
                                {},       "latchkey reload"};

} // namespace latchkey::server

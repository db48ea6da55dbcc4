#include "server/cli/object_request.hpp"

#include "server/cli/commands.hpp"
#include "server/cli/pages.hpp"

#include <boost/json/parse.hpp>

namespace latchkey::server {

namespace {

std::string target_of(const object_kind& kind, const command_line& line,
                      std::string_view action = {}) {
    auto out = std::string(kind.path) + *line.argument;
    if (!action.empty()) out += '/' + std::string(action);
    return out;
}

} // namespace

int show_object(const object_kind& kind, const command_line& line, command_context& context) {
    if (const auto code = refuse_id(line, context, kind.argument)) return *code;
    return show(ask(line, context, {"GET", target_of(kind, line)}), line, context);
}

int patch_object(const object_kind& kind, const request_writer& body, const command_line& line,
                 command_context& context) {
    if (const auto code = refuse_id(line, context, kind.argument)) return *code;
    if (body.is_empty())
        return refuse(context, "nothing is to be changed: name at least one option; \"latchkey " +
                                   std::string(line.command->name) + " --help\" lists them");
    const auto text = body.finish();
    if (!text) return refuse(context, text.error().message);
    return show(ask(line, context, {"PATCH", target_of(kind, line), *text}), line, context);
}

int enable_object(const object_kind& kind, bool enabled, const command_line& line,
                  command_context& context) {
    request_writer body(line);
    body.given("enabled", enabled);
    return patch_object(kind, body, line, context);
}

int post_to_object(const object_kind& kind, std::string_view action, const request_writer& body,
                   const command_line& line, command_context& context) {
    return post_for_secret(kind, action, body, {}, line, context);
}

int post_for_secret(const object_kind& kind, std::string_view action, const request_writer& body,
                    std::string_view secret, const command_line& line, command_context& context) {
    if (const auto code = refuse_id(line, context, kind.argument)) return *code;
    const auto text = body.finish();
    if (!text) return refuse(context, text.error().message);
    const auto answer = ask(line, context, {"POST", target_of(kind, line, action), *text});
    if (!secret.empty()) say_shown_once(answer, secret, context);
    return show(answer, line, context);
}

void say_shown_once(const admin_answer& answer, std::string_view name, command_context& context) {
    if (answer.exit_code != exit_code::ok) return;
    const auto body = boost::json::parse(answer.body);
    const auto* found = body.as_object().if_contains({name.data(), name.size()});
    if (!found || !found->is_string()) return;
    context.err << "The " << name << " is shown once: store it safely now.\n";
}

} // namespace latchkey::server

#include "server/cli/pages.hpp"

#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"

#include <latchkey/http/characters.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>

namespace latchkey::server {

namespace {

bool is_number(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// A cursor is a number or base64url.
bool is_cursor(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '-' || c == '_';
    });
}

} // namespace

std::string next_cursor(const std::string& body) {
    const auto answer = boost::json::parse(body);
    const auto* next = answer.as_object().if_contains("next_cursor");
    return next && next->is_string() ? std::string(next->get_string()) : std::string();
}

int show_page(std::string target, std::string_view list, const command_line& line,
              command_context& context) {
    const auto limit = line.get("limit");
    const auto cursor = line.get("cursor");
    if (limit && !is_number(*limit)) {
        context.err << "latchkey: --limit takes a number\n";
        return exit_code::usage;
    }
    if (cursor && !is_cursor(*cursor)) {
        context.err << "latchkey: --cursor takes the cursor that an earlier page printed\n";
        return exit_code::usage;
    }
    if (limit) target += "?limit=" + *limit;
    if (cursor) target += (limit ? "&cursor=" : "?cursor=") + *cursor;
    const auto answer = ask_admin(admin_socket(line, context), target);
    const auto code = show_table(answer, list, line, context);
    if (code != exit_code::ok || line.has("json")) return code;
    if (const auto next = next_cursor(answer.body); !next.empty())
        context.err << "There are more: --cursor " << next << '\n';
    return code;
}

bool may_be_an_id(std::string_view id) {
    return http::request_target_characters.holds(id) && id.find_first_of("/?%") == id.npos;
}

std::optional<int> refuse_id(const command_line& line, command_context& context,
                             std::string_view what) {
    if (may_be_an_id(*line.argument)) return std::nullopt;
    context.err << "latchkey: \"" << *line.argument << "\" is no " << what << '\n';
    return exit_code::usage;
}

} // namespace latchkey::server

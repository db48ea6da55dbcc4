#include <latchkey/server/admin_client.hpp>
#include <latchkey/server/commands.hpp>

#include <boost/json/parse.hpp>

#include <algorithm>

namespace latchkey::server {

namespace {

constexpr option options[] = {
    {"limit", "N", "how many at most, up to 1000; without it, 100"},
    {"cursor", "ID", "behind this one, as a page before told"},
    socket_option,
    json_option,
};

bool is_number(const std::string& text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Where the next page begins; empty: there is none.
std::string next_of(const std::string& body) {
    const auto answer = boost::json::parse(body);
    const auto* next = answer.as_object().if_contains("next_cursor");
    return next && next->is_string() ? std::string(next->get_string()) : std::string();
}

int run(const command_line& line, command_context& context) {
    std::string target = "/admin/v1/revocations";
    for (const char* name : {"limit", "cursor"}) {
        const auto given = line.get(name);
        if (!given) continue;
        if (!is_number(*given)) {
            context.err << "latchkey: --" << name << " takes a number\n";
            return exit_code::usage;
        }
        target +=
            (target.find('?') == std::string::npos ? "?" : "&") + std::string(name) + "=" + *given;
    }
    const auto answer = ask_admin(admin_socket(line, context), target);
    const auto code = show_table(answer, "revocations", line, context);
    if (code != exit_code::ok || line.has("json")) return code;
    if (const auto next = next_of(answer.body); !next.empty())
        context.err << "There are more: --cursor " << next << '\n';
    return code;
}

} // namespace

const command revocation_list_command = {"revocation list", "Lists what is revoked of tokens",
                                         options, run};

} // namespace latchkey::server

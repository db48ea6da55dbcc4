#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/table.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>

namespace latchkey::server {

namespace {

namespace json = boost::json;

using rows = std::vector<std::pair<std::string, std::string>>;

void add_rows(rows& out, const std::string& prefix, const json::object& members) {
    for (const auto& member : members) {
        const auto name = prefix + std::string(member.key());
        const auto* inner = member.value().if_object();
        if (inner && !inner->empty())
            add_rows(out, name + '.', *inner);
        else
            out.emplace_back(name, text_of(member.value()));
    }
}

} // namespace

std::string lines_of(std::string_view text) {
    rows table;
    add_rows(table, "", json::parse({text.data(), text.size()}).as_object());
    std::size_t width = 0;
    for (const auto& row : table)
        width = std::max(width, row.first.size());
    std::string out;
    for (auto& [name, value] : table) {
        name.resize(width + 2, ' ');
        out += name + value + '\n';
    }
    return out;
}

std::string admin_socket(const command_line& line, const command_context& context) {
    if (const auto given = line.get("socket")) return *given;
    for (const auto& [name, value] : context.environment)
        if (name == "LATCHKEY_ADMIN_SOCKET" && !value.empty()) return value;
    return admin_configuration{}.socket;
}

namespace {

// Prints the complaint, or with --json the answer. Returns false if neither applies, so that the
// answer still has to be shown in a form for people.
bool told_as_it_came(const admin_answer& answer, const command_line& line,
                     command_context& context) {
    if (answer.exit_code != exit_code::ok)
        context.err << "latchkey: " << answer.complaint << '\n';
    else if (line.has("json"))
        context.out << answer.body << '\n';
    return answer.exit_code != exit_code::ok || line.has("json");
}

} // namespace

int show(const admin_answer& answer, const command_line& line, command_context& context) {
    if (!told_as_it_came(answer, line, context)) context.out << lines_of(answer.body);
    return answer.exit_code;
}

int show_table(const admin_answer& answer, std::string_view list, const command_line& line,
               command_context& context) {
    if (told_as_it_came(answer, line, context)) return answer.exit_code;
    const auto body = json::parse(answer.body);
    const auto* found = body.as_object().if_contains({list.data(), list.size()});
    if (!found || !found->is_array()) {
        context.err << "latchkey: the server's answer has no list \"" << list << "\"\n";
        return exit_code::bug;
    }
    if (found->get_array().empty())
        context.err << "There are no " << list << ".\n";
    else
        context.out << table_of(found->get_array());
    return exit_code::ok;
}

} // namespace latchkey::server

#include <latchkey/server/admin_client.hpp>

#include <latchkey/server/commands.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace latchkey::server {

namespace {

namespace json = boost::json;

std::string text_of(const json::value& value) {
    if (value.is_null()) return "-";
    if (value.is_string()) return std::string(value.get_string());
    const auto* list = value.if_array();
    const bool of_texts = list && std::ranges::all_of(*list, &json::value::is_string);
    if (!of_texts) return json::serialize(value);
    std::string out;
    for (const auto& item : *list)
        out += (out.empty() ? "" : ", ") + std::string(item.get_string());
    return out.empty() ? "-" : out;
}

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

std::string table_of(std::string_view text, std::string_view list) {
    const auto whole = json::parse({text.data(), text.size()});
    const auto& items = whole.as_object().at({list.data(), list.size()}).as_array();
    if (items.empty()) return "there are no " + std::string(list) + '\n';
    std::vector<std::vector<std::string>> cells(1);
    for (const auto& member : items.front().as_object())
        cells.front().emplace_back(member.key());
    for (const auto& item : items) {
        auto& row = cells.emplace_back();
        for (const auto& name : cells.front())
            row.push_back(text_of(item.as_object().at(name)));
    }
    std::vector<std::size_t> widths(cells.front().size());
    for (const auto& row : cells)
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], row[i].size() + 2);
    std::string out;
    for (auto& row : cells) {
        for (std::size_t i = 0; i + 1 < row.size(); ++i) {
            row[i].resize(widths[i], ' ');
            out += row[i];
        }
        out += row.back() + '\n';
    }
    return out;
}

int show_table(const admin_answer& answer, std::string_view list, const command_line& line,
               command_context& context) {
    if (answer.exit_code != exit_code::ok || line.has("json")) return show(answer, line, context);
    context.out << table_of(answer.body, list);
    return exit_code::ok;
}

std::string admin_socket(const command_line& line, const command_context& context) {
    if (const auto given = line.get("socket")) return *given;
    for (const auto& [name, value] : context.environment)
        if (name == "LATCHKEY_ADMIN_SOCKET" && !value.empty()) return value;
    return admin_configuration{}.socket;
}

int show(const admin_answer& answer, const command_line& line, command_context& context) {
    if (answer.exit_code != exit_code::ok)
        context.err << "latchkey: " << answer.complaint << '\n';
    else if (line.has("json"))
        context.out << answer.body << '\n';
    else
        context.out << lines_of(answer.body);
    return answer.exit_code;
}

} // namespace latchkey::server

#include "server/cli/admin_client.hpp"
#include "server/cli/commands.hpp"
#include "server/cli/table.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <sstream>

namespace latchkey::server {

namespace {

namespace json = boost::json;

struct row {
    std::string name;
    cell shown;
};

// `now`: on a terminal, what the relative times are relative to.
void add_rows(std::vector<row>& out, const std::string& prefix, const json::object& members,
              std::optional<core::real_time> now) {
    for (const auto& member : members) {
        const auto name = prefix + std::string(member.key());
        const auto* inner = member.value().if_object();
        if (inner && !inner->empty()) {
            add_rows(out, name + '.', *inner, now);
            continue;
        }
        auto text = text_of(member.value());
        if (!now) {
            out.push_back({name, {std::move(text)}});
            continue;
        }
        auto shown = terminal_cell(name, member.value(), *now);
        if (shown.text != text) shown.text = text + " (" + shown.text + ')';
        out.push_back({name, std::move(shown)});
    }
}

void write_rows(painter& out, std::vector<row> rows) {
    std::size_t width = 0;
    for (const auto& one : rows)
        width = std::max(width, one.name.size());
    for (auto& one : rows) {
        one.name.resize(width + 2, ' ');
        out.write(one.name, tint::faint);
        out.write(one.shown.text, one.shown.colour);
        out.write("\n");
    }
}

// The ids and secrets that --quiet prints: the first of the ids, and the secret if there is one.
std::string quiet_text(const json::object& members) {
    const auto first_of = [&](std::initializer_list<const char*> names) -> std::string {
        for (const auto* name : names)
            if (const auto* found = members.if_contains(name); found && found->is_string())
                return text_of(*found);
        return {};
    };
    const auto id =
        first_of({"role_id", "key_id", "device_id", "revocation_id", "organization_id"});
    const auto secret = first_of({"api_key", "device_secret"});
    return secret.empty() ? id : id + '\t' + secret;
}

// The nodes of an answer that was waited for, one row for each.
json::array nodes_of(const json::object& answer) {
    json::array out;
    const auto add = [&](const char* list, const char* state) {
        const auto* found = answer.if_contains(list);
        if (!found || !found->is_array()) return;
        for (const auto& one : found->get_array()) {
            json::object node = one.is_object() ? one.get_object() : json::object{{"node", one}};
            node["state"] = state;
            out.push_back(std::move(node));
        }
    };
    add("acknowledged", "acknowledged");
    add("missing", "missing");
    return out;
}

constexpr column node_columns[] = {{"node", true}, {"state", true}, {"fences_at", true}};

// A list of nodes belongs to every answer that was waited for.
bool was_waited_for(const json::object& answer) {
    const auto* complete = answer.if_contains("complete");
    return complete && complete->is_bool() && answer.contains("missing");
}

} // namespace

std::string lines_of(std::string_view text) {
    std::vector<row> rows;
    add_rows(rows, "", json::parse({text.data(), text.size()}).as_object(), std::nullopt);
    std::ostringstream out;
    painter plain(out, false);
    write_rows(plain, std::move(rows));
    return out.str();
}

int refuse(command_context& context, std::string_view why) {
    context.err << "latchkey: " << why << '\n';
    return exit_code::usage;
}

int show(const admin_answer& answer, const command_line& line, command_context& context) {
    if (answer.exit_code != exit_code::ok) {
        context.err << "latchkey: " << answer.complaint << '\n';
        return answer.exit_code;
    }
    if (line.has("json")) {
        context.out << answer.body << '\n';
    } else if (auto members = json::parse(answer.body).as_object(); line.has("quiet")) {
        context.out << quiet_text(members) << '\n';
    } else {
        if (was_waited_for(members))
            for (const auto* name : {"acknowledged", "missing", "complete"})
                members.stable_erase(name);
        std::vector<row> rows;
        add_rows(rows, "", members,
                 context.terminal.out ? std::optional(context.now) : std::nullopt);
        painter out(context.out, context.terminal.colour);
        write_rows(out, std::move(rows));
    }
    return show_acknowledged(answer, line, context);
}

int show_acknowledged(const admin_answer& answer, const command_line& line,
                      command_context& context) {
    const auto members = json::parse(answer.body).as_object();
    if (!was_waited_for(members)) return exit_code::ok;
    if (!line.has("json") && !line.has("quiet"))
        table_printer(context.out, context.terminal, context.now, node_columns)
            .print(nodes_of(members));
    if (members.at("complete").as_bool()) return exit_code::ok;
    context.err << "latchkey: it is done, but not every node has said so in time: one that is "
                   "missing may answer from its cache until its fences_at\n";
    return exit_code::unavailable;
}

} // namespace latchkey::server

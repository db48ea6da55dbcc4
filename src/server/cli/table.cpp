#include "server/cli/table.hpp"

#include "server/cli/relative_time.hpp"

#include <latchkey/core/text/printable.hpp>
#include <latchkey/core/text/rfc3339.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace latchkey::server {

namespace {

namespace json = boost::json;

constexpr std::size_t width_max = 48; // of a column on a terminal

bool continues_character(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// Counts characters, not bytes: a byte 10xxxxxx continues a UTF-8 character.
std::size_t width_of(std::string_view text) {
    return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, continues_character));
}

std::string shortened(std::string text) {
    if (width_of(text) <= width_max) return text;
    std::size_t end = 0;
    for (std::size_t characters = 0; end < text.size(); ++end)
        if (!continues_character(text[end]) && ++characters == width_max) break;
    text.resize(end);
    return text + "\u2026";
}

// Boost.JSON would write 0.5 as 5E-1.
std::string text_of_number(double number) {
    char digits[32];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
    return {digits, end};
}

const json::value* member_of(const json::value& object, std::string_view name) {
    const auto* members = object.if_object();
    if (!members) return nullptr;
    if (const auto* found = members->if_contains({name.data(), name.size()})) return found;
    const auto dot = name.find('.');
    if (dot == name.npos) return nullptr;
    const auto* outer = members->if_contains({name.data(), dot});
    return outer ? member_of(*outer, name.substr(dot + 1)) : nullptr;
}

// "LAST USED" for "last_used_at".
std::string title_of(std::string_view member) {
    if (member.ends_with("_at")) member.remove_suffix(3);
    std::string out;
    for (const char c : member)
        out += c == '_' || c == '.' ? ' ' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
    return out;
}

bool is_time(std::string_view member) {
    for (const std::string_view end : {"_at", "until", "before"})
        if (member.ends_with(end)) return true;
    return member == "at";
}

// "socket, uid 0", "api_key billing".
std::string actor_text(const json::object& actor) {
    const auto get = [&](const char* name) {
        const auto* found = actor.if_contains(name);
        return found && !found->is_null() ? text_of(*found) : std::string();
    };
    auto out = get("kind");
    for (const auto* name : {"name", "key_id", "role", "node"})
        if (const auto text = get(name); !text.empty()) return out + ' ' + text;
    const auto uid = get("uid");
    return uid.empty() ? out : out + ", uid " + uid;
}

tint tint_of(std::string_view member, std::string_view text) {
    if (member == "live" || member == "enabled" || member == "complete" || member == "ready")
        return text == "true" ? tint::good : tint::bad;
    if (member != "state" && member != "status" && member != "severity") return tint::plain;
    for (const std::string_view good : {"active", "current", "acknowledged", "ok"})
        if (text == good) return tint::good;
    for (const std::string_view bad : {"revoked", "expired", "missing", "error"})
        if (text == bad) return tint::bad;
    return tint::warning;
}

} // namespace

std::string text_at(const json::object& of, std::string_view name) {
    const auto* found = of.if_contains({name.data(), name.size()});
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
}

std::string text_of(const json::value& value) {
    if (value.is_null()) return "-";
    if (value.is_double()) return text_of_number(value.get_double());
    std::string out;
    const auto* list = value.if_array();
    if (value.is_string()) {
        out = std::string(value.get_string());
    } else if (list && std::ranges::all_of(*list, &json::value::is_string)) {
        for (const auto& item : *list)
            out += (out.empty() ? "" : ", ") + std::string(item.get_string());
        if (out.empty()) out = "-";
    } else {
        out = json::serialize(value);
    }
    return core::printable_line(out);
}

cell terminal_cell(std::string_view member, const json::value& value,
                   std::optional<core::real_time> now) {
    if (member == "actor" && value.is_object()) return {actor_text(value.get_object())};
    auto text = text_of(value);
    if (now && is_time(member))
        if (const auto then = core::parse_rfc3339(text)) return {relative_time(*then, *now)};
    const auto colour = tint_of(member, text);
    return {std::move(text), colour};
}

table_printer::table_printer(std::ostream& out, terminal_traits terminal,
                             std::optional<core::real_time> now, std::span<const column> columns)
    : painter_(out, terminal.colour), out_(out), terminal_(terminal), now_(now) {
    for (const auto& c : columns)
        if (c.on_terminal || !terminal.out) columns_.push_back(c);
}

std::vector<cell> table_printer::row_of(const json::value& object) const {
    std::vector<cell> cells;
    for (const auto& c : columns_) {
        const auto* value = member_of(object, c.member);
        if (!value)
            cells.push_back({"-"});
        else if (terminal_.out)
            cells.push_back(terminal_cell(c.member, *value, now_));
        else
            cells.push_back({text_of(*value)});
        auto& text = cells.back().text;
        if (text.empty()) text = "-";
        if (terminal_.out) text = shortened(std::move(text));
    }
    return cells;
}

void table_printer::print(const json::array& objects) {
    std::vector<std::vector<cell>> rows;
    if (widths_.empty()) {
        rows.emplace_back();
        for (const auto& c : columns_)
            rows.back().push_back(
                {terminal_.out ? title_of(c.member) : std::string(c.member), tint::heading});
    }
    for (const auto& object : objects)
        rows.push_back(row_of(object));
    if (widths_.empty()) {
        widths_.resize(columns_.size());
        for (const auto& cells : rows)
            for (std::size_t i = 0; i < cells.size(); ++i)
                widths_[i] = std::max(widths_[i], width_of(cells[i].text));
    }
    for (const auto& cells : rows)
        terminal_.out ? print_aligned(cells) : print_plain(cells);
}

void table_printer::print_aligned(const std::vector<cell>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
        painter_.write(cells[i].text, cells[i].colour);
        const auto width = width_of(cells[i].text);
        if (i + 1 < cells.size()) out_ << std::string(std::max(widths_[i], width) - width + 2, ' ');
    }
    out_ << '\n';
}

void table_printer::print_plain(const std::vector<cell>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i)
        out_ << (i > 0 ? "\t" : "") << cells[i].text;
    out_ << '\n';
}

std::vector<column> columns_of(const json::array& objects) {
    std::vector<column> out;
    for (const auto& object : objects)
        if (const auto* members = object.if_object())
            for (const auto& member : *members) {
                const std::string_view name(member.key().data(), member.key().size());
                if (std::ranges::find(out, name, &column::member) == out.end())
                    out.push_back({name, true});
            }
    return out;
}

} // namespace latchkey::server

#include "server/cli/table.hpp"

#include <latchkey/core/text/printable.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <vector>

namespace latchkey::server {

namespace {

namespace json = boost::json;
using row = std::vector<std::string>;

// Counts characters, not bytes: a byte 10xxxxxx continues a UTF-8 character.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// Boost.JSON would write 0.5 as 5E-1.
std::string text_of_number(double number) {
    char digits[32];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
    return {digits, end};
}

row column_names(const json::array& objects) {
    row names;
    for (const auto& object : objects)
        if (const auto* members = object.if_object())
            for (const auto& member : *members) {
                const std::string name(member.key());
                if (std::ranges::find(names, name) == names.end()) names.push_back(name);
            }
    return names;
}

row row_of(const json::value& object, const row& names) {
    row cells;
    for (const auto& name : names) {
        const auto* members = object.if_object();
        const auto* value = members ? members->if_contains(name) : nullptr;
        cells.push_back(value ? text_of(*value) : "-");
        if (cells.back().empty()) cells.back() = "-";
    }
    return cells;
}

std::vector<std::size_t> widths_of(const std::vector<row>& rows) {
    std::vector<std::size_t> widths(rows.front().size());
    for (const auto& cells : rows)
        for (std::size_t i = 0; i < cells.size(); ++i)
            widths[i] = std::max(widths[i], width_of(cells[i]));
    return widths;
}

} // namespace

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

std::string table_of(const json::array& objects) {
    std::vector<row> rows = {column_names(objects)};
    for (const auto& object : objects)
        rows.push_back(row_of(object, rows.front()));
    const auto widths = widths_of(rows);
    std::string out;
    for (const auto& cells : rows) {
        for (std::size_t i = 0; i < cells.size(); ++i) {
            out += cells[i];
            if (i + 1 < cells.size()) out.append(widths[i] - width_of(cells[i]) + 2, ' ');
        }
        out += '\n';
    }
    return out;
}

} // namespace latchkey::server

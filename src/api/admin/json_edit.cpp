#include "api/admin/json_edit.hpp"

#include <latchkey/core/text/json_text.hpp>

namespace latchkey::api {

namespace {

struct member_place {
    std::size_t name = 0; ///< its opening quotation mark
    std::size_t value = 0;
    std::size_t end = 0;
};

// The position behind the string that begins at `at`.
std::size_t end_of_string(std::string_view json, std::size_t at) {
    for (++at; at < json.size() && json[at] != '"'; ++at)
        if (json[at] == '\\') ++at;
    return at + 1;
}

// The position behind the value that begins at `at`: of the comma or brace of the object around it.
std::size_t end_of_value(std::string_view json, std::size_t at) {
    std::size_t depth = 0;
    while (at < json.size()) {
        const char c = json[at];
        if (c == '"') {
            at = end_of_string(json, at);
            continue;
        }
        if (depth == 0 && (c == ',' || c == '}')) return at;
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
        ++at;
    }
    return at;
}

std::optional<member_place> find_member(std::string_view object, std::string_view name) {
    std::size_t at = 1;
    while (at < object.size() && object[at] == '"') {
        member_place one{at, end_of_string(object, at) + 1, 0};
        if (one.value >= object.size()) break;
        one.end = end_of_value(object, one.value);
        if (object.substr(at + 1, one.value - at - 3) == name) return one;
        at = one.end + 1;
    }
    return std::nullopt;
}

} // namespace

std::optional<std::string_view> value_of(std::string_view object, std::string_view name) {
    const auto found = find_member(object, name);
    if (!found) return std::nullopt;
    return object.substr(found->value, found->end - found->value);
}

void add_members(std::string& object, std::initializer_list<core::json_member> members) {
    object.pop_back();
    for (const auto& one : members) {
        if (object.back() != '{') object += ',';
        core::append_json_string(object, one.name);
        object += ':' + one.value.text;
    }
    object += '}';
}

void remove_member(std::string& object, std::string_view name) {
    const auto found = find_member(object, name);
    if (!found) return;
    const bool is_followed = found->end < object.size() && object[found->end] == ',';
    const bool follows = object[found->name - 1] == ',';
    const auto begin = found->name - (follows && !is_followed ? 1 : 0);
    object.erase(begin, found->end + (is_followed ? 1 : 0) - begin);
}

} // namespace latchkey::api

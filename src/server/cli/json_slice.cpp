#include "server/cli/json_slice.hpp"

#include <cstddef>

namespace latchkey::server {

namespace {

bool is_space(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

std::size_t skip_spaces(std::string_view text, std::size_t at) {
    while (at < text.size() && is_space(text[at]))
        ++at;
    return at;
}

// `at` is the opening quote; returns the position behind the closing one.
std::size_t skip_string(std::string_view text, std::size_t at) {
    for (++at; at < text.size() && text[at] != '"'; ++at)
        if (text[at] == '\\') ++at;
    return at + 1;
}

// Returns the position behind the value that begins at `at`.
std::size_t skip_value(std::string_view text, std::size_t at) {
    std::size_t depth = 0;
    while (at < text.size()) {
        const char c = text[at];
        if (c == '"') {
            at = skip_string(text, at);
            if (depth == 0) return at;
            continue;
        }
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') {
            if (depth == 0) return at; // of what is around a number or a word
            if (--depth == 0) return at + 1;
        }
        if (depth == 0 && (c == ',' || is_space(c))) return at;
        ++at;
    }
    return at;
}

} // namespace

std::string_view member_text(std::string_view object, std::string_view name) {
    std::size_t at = skip_spaces(object, 0) + 1; // behind the brace
    for (at = skip_spaces(object, at); at < object.size() && object[at] == '"';) {
        const auto name_end = skip_string(object, at);
        const bool found = object.substr(at + 1, name_end - at - 2) == name;
        const auto value = skip_spaces(object, skip_spaces(object, name_end) + 1); // past the colon
        const auto end = skip_value(object, value);
        if (found) return object.substr(value, end - value);
        at = skip_spaces(object, skip_spaces(object, end) + 1); // past the comma
    }
    return {};
}

std::string_view elements_text(std::string_view array) {
    if (array.size() < 2) return {};
    array = array.substr(1, array.size() - 2);
    while (!array.empty() && is_space(array.front()))
        array.remove_prefix(1);
    while (!array.empty() && is_space(array.back()))
        array.remove_suffix(1);
    return array;
}

std::vector<std::string_view> elements_of(std::string_view array) {
    const auto text = elements_text(array);
    std::vector<std::string_view> out;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = skip_value(text, at);
        out.push_back(text.substr(at, end - at));
        at = skip_spaces(text, skip_spaces(text, end) + 1); // past the comma
    }
    return out;
}

} // namespace latchkey::server

#include "record_text.hpp"

#include <latchkey/core/json_text.hpp>

#include <algorithm>

namespace latchkey::auth {

void append_member(std::string& out, std::string_view name, const std::string& value) {
    out += name;
    core::append_json_string(out, value);
}

void append_member(std::string& out, std::string_view name,
                   const std::optional<std::string>& value) {
    if (value) return append_member(out, name, *value);
    out += name;
    out += "null";
}

void append_member(std::string& out, std::string_view name,
                   const std::vector<std::string>& values) {
    out += name;
    out += '[';
    for (const auto& value : values) {
        if (out.back() != '[') out += ',';
        core::append_json_string(out, value);
    }
    out += ']';
}

void append_member(std::string& out, std::string_view name,
                   const std::optional<core::real_time>& value) {
    out += name;
    if (value)
        core::append_rfc3339(out, *value);
    else
        out += "null";
}

void sort_and_dedupe(std::vector<std::string>& texts) {
    std::ranges::sort(texts);
    const auto repeated = std::ranges::unique(texts);
    texts.erase(repeated.begin(), repeated.end());
}

// Short texts live in the string itself.
std::size_t heap_bytes(const std::string& text) {
    static const auto inside = std::string().capacity();
    return text.capacity() > inside ? text.capacity() + 1 : 0;
}

std::size_t heap_bytes(const std::optional<std::string>& text) {
    return text ? heap_bytes(*text) : 0;
}

std::size_t heap_bytes(const std::vector<std::string>& texts) {
    auto total = texts.capacity() * sizeof(std::string);
    for (const auto& text : texts)
        total += heap_bytes(text);
    return total;
}

} // namespace latchkey::auth

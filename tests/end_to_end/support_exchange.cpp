#include "support_exchange.hpp"

#include <algorithm>

namespace latchkey::test {

namespace {

std::string_view next_part(std::string_view& rest, std::string_view separator) {
    const auto end = rest.find(separator);
    const auto part = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + separator.size());
    return part;
}

std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_coded = text[i] == '%' && i + 2 < text.size();
        if (is_coded) {
            out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
            i += 2;
        } else {
            out += text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

} // namespace

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    });
    return out;
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::pair<std::string, std::string>> fields_of(std::string_view head) {
    std::vector<std::pair<std::string, std::string>> out;
    next_part(head, "\r\n");
    while (!head.empty()) {
        auto value = next_part(head, "\r\n");
        const auto name = next_part(value, ":");
        out.emplace_back(lower(name), trimmed(value));
    }
    return out;
}

std::string value_of(std::string_view head, std::string_view name) {
    for (auto& [known, value] : fields_of(head))
        if (known == name) return value;
    return {};
}

std::vector<std::pair<std::string, std::string>> parameters_of(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> out;
    while (!query.empty()) {
        auto value = next_part(query, "&");
        const auto name = next_part(value, "=");
        out.emplace_back(decoded(name), decoded(value));
    }
    return out;
}

bool matches(std::string_view path_template, std::string_view path) {
    while (!path_template.empty() && !path.empty()) {
        const auto wanted = next_part(path_template, "/");
        const auto given = next_part(path, "/");
        if (wanted == "{id}" ? given.empty() : wanted != given) return false;
    }
    return path_template.empty() && path.empty();
}

} // namespace latchkey::test

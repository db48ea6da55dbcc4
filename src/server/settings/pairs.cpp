#include "server/settings/pairs.hpp"

#include <latchkey/core/text/ascii.hpp>
#include <latchkey/http/characters.hpp>

#include <algorithm>
#include <charconv>

namespace latchkey::server {

namespace {

std::optional<std::string> decoded(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        char c = text.front();
        text.remove_prefix(1);
        if (c == '%') {
            unsigned char byte = 0;
            if (text.size() < 2) return std::nullopt;
            const auto [end, error] = std::from_chars(text.data(), text.data() + 2, byte, 16);
            if (error != std::errc() || end != text.data() + 2) return std::nullopt;
            c = static_cast<char>(byte);
            text.remove_prefix(2);
        }
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
        out += c;
    }
    return out;
}

// Attributes such as app.kubernetes.io/name have a "/".
bool is_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](const char& c) {
        return c == '/' || http::token_characters.holds(std::string_view(&c, 1));
    });
}

} // namespace

std::optional<std::vector<std::pair<std::string, std::string>>> read_pairs(std::string_view text) {
    std::vector<std::pair<std::string, std::string>> out;
    while (!text.empty()) {
        auto value = core::next_part(text, ',');
        if (core::trimmed(value).empty()) continue;
        const auto name = core::trimmed(value.substr(0, value.find('=')));
        if (name.size() >= value.size() || value.find('=') == value.npos) return std::nullopt;
        const auto read = decoded(core::trimmed(value.substr(value.find('=') + 1)));
        if (!read || !is_name(name)) return std::nullopt;
        out.emplace_back(name, *read);
    }
    return out;
}

} // namespace latchkey::server

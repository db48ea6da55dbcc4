#include <latchkey/core/text/form_text.hpp>

#include <latchkey/core/text/utf8.hpp>

#include <algorithm>

namespace latchkey::core {

namespace {

bool stays_as_it_is(char c) noexcept {
    return c > 0x20 && c < 0x7f && c != '%';
}

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    const char small = static_cast<char>(c | 0x20);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

bool is_text(std::string_view text) noexcept {
    if (text.find('\0') != text.npos) return false;
    while (!text.empty()) {
        const auto length = utf8_sequence_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

} // namespace

int take_hexadecimal_byte(std::string_view& text) noexcept {
    if (text.size() < 2) return -1;
    const int high = hex_digit(text[0]);
    const int low = hex_digit(text[1]);
    text.remove_prefix(2);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

std::optional<std::string> decode_form_text(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        if (c != '%') {
            out += c == '+' ? ' ' : c;
            continue;
        }
        const int byte = take_hexadecimal_byte(text);
        if (byte < 0) return std::nullopt;
        out += static_cast<char>(byte);
    }
    return is_text(out) ? std::optional(std::move(out)) : std::nullopt;
}

void append_field_text(std::string& out, std::string_view text) {
    while (true) {
        const auto plain = std::ranges::find_if_not(text, stays_as_it_is);
        const auto length = static_cast<std::size_t>(plain - text.begin());
        out += text.substr(0, length);
        if (plain == text.end()) return;
        const auto byte = static_cast<unsigned char>(*plain);
        out += '%';
        out += "0123456789ABCDEF"[byte >> 4];
        out += "0123456789ABCDEF"[byte & 15];
        text.remove_prefix(length + 1);
    }
}

} // namespace latchkey::core

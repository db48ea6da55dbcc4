#include <latchkey/core/text/printable.hpp>

#include <latchkey/core/text/utf8.hpp>

#include <cstddef>

namespace latchkey::core {

namespace {

// The code point of a well-formed sequence.
char32_t character_of(std::string_view sequence) {
    const auto bits = [&](std::size_t i) { return static_cast<char32_t>(sequence[i]) & 0x3f; };
    const auto first = static_cast<unsigned char>(sequence[0]);
    if (sequence.size() == 1) return first;
    if (sequence.size() == 2) return (first & 0x1fu) << 6 | bits(1);
    if (sequence.size() == 3) return (first & 0x0fu) << 12 | bits(1) << 6 | bits(2);
    return (first & 0x07u) << 18 | bits(1) << 12 | bits(2) << 6 | bits(3);
}

bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7f && c <= 0x9f);
}

bool turns_the_text(char32_t c) {
    const bool is_mark = c == 0x061c || c == 0x200e || c == 0x200f;
    const bool separates = c == 0x2028 || c == 0x2029;
    return is_mark || separates || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

void append_escape(std::string& out, char32_t c) {
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4)
        out += "0123456789abcdef"[(c >> shift) & 15];
}

void append(std::string& out, std::string_view text, std::string_view kept) {
    while (!text.empty()) {
        const auto length = utf8_sequence_length(text);
        if (length == 0) {
            out += "\xef\xbf\xbd";
            text.remove_prefix(1);
            continue;
        }
        const auto sequence = text.substr(0, length);
        const auto c = character_of(sequence);
        if ((is_control(c) && kept.find(sequence) == kept.npos) || turns_the_text(c))
            append_escape(out, c);
        else
            out += sequence;
        text.remove_prefix(length);
    }
}

} // namespace

void append_printable(std::string& out, std::string_view text) {
    append(out, text, "\n\t");
}

std::string printable_line(std::string_view text) {
    std::string out;
    append(out, text, "");
    return out;
}

} // namespace latchkey::core

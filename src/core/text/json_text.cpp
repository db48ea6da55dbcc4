#include <latchkey/core/text/json_text.hpp>

#include <latchkey/core/text/utf8.hpp>

#include <algorithm>
#include <cstddef>

namespace latchkey::core {

namespace {

void append_control(std::string& out, char c) {
    switch (c) {
    case '\n':
        out += "\\n";
        return;
    case '\r':
        out += "\\r";
        return;
    case '\t':
        out += "\\t";
        return;
    default:
        out += "\\u00";
        out += "0123456789abcdef"[(static_cast<unsigned char>(c) >> 4) & 15];
        out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
    }
}

// How many bytes at the front a JSON string takes as they are, one character each.
std::size_t plain_length(std::string_view text) {
    const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
    const auto* end = std::find_if_not(text.begin(), text.end(), plain);
    return static_cast<std::size_t>(end - text.begin());
}

// The position of the closing quote of the string that begins at `open`, or the text's size if it
// has none.
std::size_t end_of_string(std::string_view json, std::size_t open) {
    for (auto quote = json.find('"', open + 1); quote != std::string_view::npos;
         quote = json.find('"', quote + 1)) {
        auto before = quote;
        while (json[before - 1] == '\\')
            --before;
        if ((quote - before) % 2 == 0) return quote;
    }
    return json.size();
}

} // namespace

void append_json_string(std::string& out, std::string_view utf8) {
    out += '"';
    for (;;) {
        const auto plain = plain_length(utf8);
        out += utf8.substr(0, plain);
        utf8.remove_prefix(plain);
        if (utf8.empty()) break;
        const char c = utf8.front();
        const auto length = utf8_sequence_length(utf8);
        if (length == 0) {
            out += "\xef\xbf\xbd";
            utf8.remove_prefix(1);
            continue;
        }
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (length == 1 && static_cast<unsigned char>(c) < 0x20) {
            append_control(out, c);
        } else {
            out += utf8.substr(0, length);
        }
        utf8.remove_prefix(length);
    }
    out += '"';
}

void append_compact_json(std::string& out, std::string_view json) {
    out.reserve(out.size() + json.size());
    std::size_t begin = 0; // of the text that is not copied yet
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (c == '"') {
            i = end_of_string(json, i);
        } else if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
            out += json.substr(begin, i - begin);
            begin = i + 1;
        }
    }
    out += json.substr(begin);
}

} // namespace latchkey::core

#pragma once
// Rows of PostgreSQL's answers, written as text that a person and a fuzzer can change: one value
// per line. The first letter gives its form. In every form \n and \\ stand for a line feed and a
// backslash, \x for the byte 0, \, for the byte 31.
//
//   N          NULL
//   t…         text, or any bytes
//   i…         int8, in decimal
//   j…         int4, in decimal
//   b…         boolean: '1' is true
//   a…         text[], with commas between the elements
//   h…         bytea of 32 bytes; missing bytes are filled up
//   k…         bytea[] of such values
//   z          timestamptz, microseconds since 2000, in decimal; another name for "i"
//
// Anything else is text, including its first letter.

#include "../pg/fake_rows.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::fuzz {

using row_value = std::optional<std::string>;
using row = std::vector<row_value>;

inline std::string unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        const char c = text[++i];
        out += c == 'n' ? '\n' : c == 'x' ? '\0' : c == ',' ? '\x1f' : c;
    }
    return out;
}

inline std::int64_t number_in(std::string_view text) {
    std::int64_t n = 0;
    std::from_chars(text.data(), text.data() + text.size(), n);
    return n;
}

inline std::vector<std::string> elements_in(std::string_view text) {
    std::vector<std::string> out;
    if (text.empty()) return out;
    for (std::size_t begin = 0; begin <= text.size();) {
        const auto end = std::min(text.find(',', begin), text.size());
        out.push_back(unescaped(text.substr(begin, end - begin)));
        begin = end + 1;
    }
    return out;
}

inline std::string padded_hash(std::string text) {
    text.resize(32, '.');
    return text;
}

inline std::string hashes(std::string_view text) {
    auto all = elements_in(text);
    for (auto& one : all)
        one = padded_hash(std::move(one));
    return test::bytea_array(all);
}

inline row_value value_in(std::string_view line) {
    if (line.empty()) return std::string();
    const auto rest = line.substr(1);
    switch (line[0]) {
    case 'N':
        return std::nullopt;
    case 't':
        return unescaped(rest);
    case 'i':
    case 'z':
        return test::int8(number_in(rest));
    case 'j':
        return test::big_endian(static_cast<std::uint32_t>(number_in(rest)), 4);
    case 'b':
        return std::string(1, rest == "1" ? '\1' : '\0');
    case 'a':
        return test::text_array(elements_in(rest));
    case 'h':
        return padded_hash(unescaped(rest));
    case 'k':
        return hashes(rest);
    default:
        return unescaped(line);
    }
}

/// Groups the lines into rows of `columns` values; an incomplete last row is dropped.
inline std::vector<row> rows_in(std::string_view text, std::size_t columns) {
    std::vector<row> out;
    row one;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        one.push_back(value_in(line));
        if (one.size() == columns) out.push_back(std::exchange(one, {}));
    }
    return out;
}

} // namespace latchkey::fuzz

#include <latchkey/crypto/base64url.hpp>

#include <array>
#include <cstdint>

namespace latchkey::crypto {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
// No value has this bit, and it is not lost when a value is shifted into a group of four.
constexpr std::uint32_t no_digit = 1u << 24;

constexpr auto values = [] {
    std::array<std::uint32_t, 256> table{};
    table.fill(no_digit);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint32_t>(i);
    return table;
}();

std::uint32_t value_of(char c) {
    return values[static_cast<unsigned char>(c)];
}

char byte_of(std::uint32_t bits, int shift) {
    return static_cast<char>(bits >> shift & 255);
}

// Decodes the two or three characters of a last, partial group into one or two bytes. Returns null
// if they are not valid.
char* decode_rest(std::string_view rest, char* out) {
    if (rest.empty()) return out;
    if (rest.size() == 1) return nullptr;
    const auto a = value_of(rest[0]);
    const auto b = value_of(rest[1]);
    const auto c = rest.size() == 3 ? value_of(rest[2]) : 0;
    if ((a | b | c) & no_digit) return nullptr;
    const auto bits = a << 18 | b << 12 | c << 6;
    const auto unused = rest.size() == 3 ? bits & 0xff : bits & 0xffff;
    if (unused != 0) return nullptr;
    *out++ = byte_of(bits, 16);
    if (rest.size() == 3) *out++ = byte_of(bits, 8);
    return out;
}

} // namespace

std::string encode_base64url(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() * 4 + 2) / 3);
    const auto at = [&](std::size_t i) -> std::uint32_t {
        return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0;
    };
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto bits = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
        out += alphabet[bits >> 18];
        out += alphabet[bits >> 12 & 63];
        if (i + 1 < bytes.size()) out += alphabet[bits >> 6 & 63];
        if (i + 2 < bytes.size()) out += alphabet[bits & 63];
    }
    return out;
}

std::optional<std::string> decode_base64url(std::string_view text) {
    std::string out(text.size() * 3 / 4, 0);
    auto* end = out.data();
    for (; text.size() >= 4; text.remove_prefix(4)) {
        const auto a = value_of(text[0]);
        const auto b = value_of(text[1]);
        const auto c = value_of(text[2]);
        const auto d = value_of(text[3]);
        if ((a | b | c | d) & no_digit) return std::nullopt;
        const auto bits = a << 18 | b << 12 | c << 6 | d;
        *end++ = byte_of(bits, 16);
        *end++ = byte_of(bits, 8);
        *end++ = byte_of(bits, 0);
    }
    end = decode_rest(text, end);
    if (!end) return std::nullopt;
    out.resize(static_cast<std::size_t>(end - out.data()));
    return out;
}

} // namespace latchkey::crypto

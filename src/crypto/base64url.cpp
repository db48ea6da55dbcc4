#include <latchkey/crypto/base64url.hpp>

#include <array>
#include <cstdint>

namespace latchkey::crypto {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
// No value has this bit, wherever its place in a group of four is.
constexpr std::uint32_t no_digit = 1u << 31;

// The bits that a character stands for, at each of the four places of a group.
using place_values = std::array<std::uint32_t, 256>;
constexpr auto values = [] {
    std::array<place_values, 4> tables{};
    for (std::size_t place = 0; place < 4; ++place) {
        tables[place].fill(no_digit);
        for (std::size_t i = 0; i < alphabet.size(); ++i)
            tables[place][static_cast<unsigned char>(alphabet[i])] =
                static_cast<std::uint32_t>(i << (18 - 6 * place));
    }
    return tables;
}();

std::uint32_t value_of(char c, std::size_t place) {
    return values[place][static_cast<unsigned char>(c)];
}

// The 24 bits of a group of four characters, or something with no_digit.
std::uint32_t bits_of(const char* group) {
    return value_of(group[0], 0) | value_of(group[1], 1) | value_of(group[2], 2) |
           value_of(group[3], 3);
}

char byte_of(std::uint32_t bits, int shift) {
    return static_cast<char>(bits >> shift & 255);
}

char* put(std::uint32_t bits, char* out) {
    *out++ = byte_of(bits, 16);
    *out++ = byte_of(bits, 8);
    *out++ = byte_of(bits, 0);
    return out;
}

// Decodes the two or three characters of a last, partial group into one or two bytes. Returns null
// if they are not valid.
char* decode_rest(std::string_view rest, char* out) {
    if (rest.empty()) return out;
    if (rest.size() == 1) return nullptr;
    const auto bits =
        value_of(rest[0], 0) | value_of(rest[1], 1) | (rest.size() == 3 ? value_of(rest[2], 2) : 0);
    if (bits & no_digit) return nullptr;
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
    for (; text.size() >= 8; text.remove_prefix(8)) {
        const auto one = bits_of(text.data());
        const auto two = bits_of(text.data() + 4);
        if ((one | two) & no_digit) return std::nullopt;
        end = put(two, put(one, end));
    }
    if (text.size() >= 4) {
        const auto bits = bits_of(text.data());
        if (bits & no_digit) return std::nullopt;
        end = put(bits, end);
        text.remove_prefix(4);
    }
    end = decode_rest(text, end);
    if (!end) return std::nullopt;
    out.resize(static_cast<std::size_t>(end - out.data()));
    return out;
}

} // namespace latchkey::crypto

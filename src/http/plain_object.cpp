#include "http/plain_object.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

namespace latchkey::http {

namespace {

static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");

constexpr std::uint64_t each(unsigned char byte) {
    return 0x0101010101010101u * byte;
}

// Sets the high bit of the lowest byte that is no plain text, and no bit below it. (Borrows can
// only set bits above it; Anderson, "Bit Twiddling Hacks", hasless and haszero.)
std::uint64_t ends(std::uint64_t word) {
    const auto quote = word ^ each('"');
    const auto backslash = word ^ each('\\');
    const auto control = (word - each(0x20)) & ~word;
    const auto is_quote = (quote - each(0x01)) & ~quote;
    const auto is_backslash = (backslash - each(0x01)) & ~backslash;
    return (word | control | is_quote | is_backslash) & each(0x80);
}

bool is_end(char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20 ||
           static_cast<unsigned char>(c) > 0x7f;
}

} // namespace

std::size_t plain_text_end(std::string_view text, std::size_t from) noexcept {
    for (std::uint64_t word = 0; from + sizeof word <= text.size(); from += sizeof word) {
        std::memcpy(&word, text.data() + from, sizeof word);
        if (const auto found = ends(word))
            return from + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    }
    while (from < text.size() && !is_end(text[from]))
        ++from;
    return from;
}

} // namespace latchkey::http

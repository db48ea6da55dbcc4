#include <latchkey/http/characters.hpp>

#include <bit>
#include <cstdint>
#include <cstring>

namespace latchkey::http {

namespace {

static_assert(std::endian::native == std::endian::little, "the first byte is the lowest");

constexpr std::uint64_t each(unsigned char byte) {
    return 0x0101010101010101u * byte;
}

// Sets the high bit of the lowest byte that is below 0x20 or 0x7f, and no bit below it. (Borrows
// can only set bits above it; Anderson, "Bit Twiddling Hacks", hasless and haszero.)
std::uint64_t controls(std::uint64_t word) {
    const auto deleted = word ^ each(0x7f);
    const auto below = (word - each(0x20)) & ~word;
    const auto equal = (deleted - each(0x01)) & ~deleted;
    return (below | equal) & each(0x80);
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

} // namespace

std::size_t find_control(std::string_view text, std::size_t from) noexcept {
    for (std::uint64_t word = 0; from + sizeof word <= text.size(); from += sizeof word) {
        std::memcpy(&word, text.data() + from, sizeof word);
        if (const auto found = controls(word))
            return from + static_cast<std::size_t>(std::countr_zero(found)) / 8;
    }
    while (from < text.size() && !is_control(text[from]))
        ++from;
    return from;
}

} // namespace latchkey::http

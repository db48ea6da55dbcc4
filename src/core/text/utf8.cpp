#include <latchkey/core/text/utf8.hpp>

#include <algorithm>

namespace latchkey::core {

namespace {

bool continues(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// Judged by the first byte alone; also 1 for a byte that begins no sequence.
std::size_t announced_length(char first) noexcept {
    const auto byte = static_cast<unsigned char>(first);
    if (byte >= 0xf0 && byte <= 0xf4) return 4;
    if (byte >= 0xe0 && byte <= 0xef) return 3;
    return byte >= 0xc2 && byte <= 0xdf ? 2 : 1;
}

} // namespace

std::size_t utf8_sequence_length(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
        return i < text.size() && byte(i) >= low && byte(i) <= high;
    };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
        const unsigned high = first == 0xed ? 0x9f : 0xbf;
        return follows(1, low, high) && follows(2) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        const unsigned low = first == 0xf0 ? 0x90 : 0x80;
        const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
        return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

std::size_t utf8_unfinished(std::string_view text) noexcept {
    constexpr std::size_t longest = 4;
    for (std::size_t back = 1; back <= std::min(text.size(), longest - 1); ++back) {
        const char c = text[text.size() - back];
        if (!continues(c)) return announced_length(c) > back ? back : 0;
    }
    return 0;
}

} // namespace latchkey::core

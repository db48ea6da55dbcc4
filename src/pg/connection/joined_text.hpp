#pragma once
// Joins query text at compile time, so that statements with similar answers share their parts.

#include <algorithm>
#include <cstddef>

namespace latchkey::pg {

template <std::size_t Length>
struct joined_text {
    char text[Length + 1] = {};
};

/// Takes literals, or arrays of characters that end with NUL.
template <std::size_t... Sizes>
consteval joined_text<((Sizes - 1) + ...)> joined(const char (&... parts)[Sizes]) {
    joined_text<((Sizes - 1) + ...)> out;
    auto* end = out.text;
    ((end = std::copy_n(parts, Sizes - 1, end)), ...);
    return out;
}

} // namespace latchkey::pg

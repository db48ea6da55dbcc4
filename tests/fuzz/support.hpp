#pragma once
// What the fuzz targets share: how a broken rule ends the run, and how an input is cut into pieces
// that depend only on the input.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace latchkey::fuzz {

/// Aborts the process if the rule does not hold, so that libFuzzer keeps the input.
inline void expect(bool holds, const char* rule) {
    if (holds) return;
    std::fprintf(stderr, "broken: %s\n", rule);
    std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// Pseudo-random numbers that depend only on the input (FNV-1a, then a linear congruence).
class dice {
  public:
    explicit dice(std::string_view input) {
        for (const char c : input)
            state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    }
    /// Returns a number from 0 to `bound` - 1.
    std::size_t roll(std::size_t bound) {
        state_ = state_ * 6364136223846793005u + 1442695040888963407u;
        return static_cast<std::size_t>(state_ >> 33) % bound;
    }

  private:
    std::uint64_t state_ = 0xcbf29ce484222325u;
};

/// Calls `piece` with each part of the text, of at most `length()` bytes, until it returns false.
template <class Length, class Piece>
void cut(std::string_view text, Length length, Piece piece) {
    while (!text.empty()) {
        const auto n = std::min<std::size_t>(length(), text.size());
        if (!piece(text.substr(0, n))) return;
        text.remove_prefix(n);
    }
}

} // namespace latchkey::fuzz

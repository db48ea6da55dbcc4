#pragma once

#include <cstdint>

namespace latchkey::core {

/// Both halves of the 128-bit product, folded into one: a quick mixing of two words, for tables
/// whose seed is the process's own.
constexpr std::uint64_t hash_mix(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using wide = unsigned __int128;
    const auto product = static_cast<wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

} // namespace latchkey::core

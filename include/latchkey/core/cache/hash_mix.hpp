#pragma once

#include <cstdint>

namespace latchkey::core {

/// Mixes two words: the exclusive or of both halves of their 128-bit product. It is quick, and
/// meant for tables whose seed is secret to the process.
constexpr std::uint64_t hash_mix(std::uint64_t a, std::uint64_t b) noexcept {
    __extension__ using wide = unsigned __int128;
    const auto product = static_cast<wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

} // namespace latchkey::core

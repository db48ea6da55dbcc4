#pragma once
// SipHash-1-3 (J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", 2012; with one
// round per word and three at the end, as hash tables use it). Without the hash key nobody can
// choose inputs that collide, even after seeing many answers.

#include <cstddef>
#include <cstdint>
#include <span>

namespace latchkey::core {

struct hash_key {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
};

std::uint64_t keyed_hash(const hash_key&, std::span<const std::byte> input) noexcept;

} // namespace latchkey::core

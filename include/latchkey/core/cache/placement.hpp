#pragma once
// Where a fingerprint belongs: a seeded 64-bit hash of it, whose upper bits choose the owner core
// and whose lower bits choose the place in that core's table. The seed is the process's own, so
// that nobody can choose credentials that crowd one core.

#include <latchkey/core/cache/fingerprint.hpp>
#include <latchkey/core/cache/hash_mix.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace latchkey::core {

class placement {
  public:
    placement(std::uint64_t seed, std::size_t owner_cores) noexcept
        : seed_(seed | 1), owner_cores_(owner_cores) {}

    std::uint64_t hash(const fingerprint& key) const noexcept {
        std::uint64_t w[4];
        std::memcpy(w, key.data(), sizeof w);
        return hash_mix(hash_mix(w[0] ^ seed_, w[1] ^ odd) ^ w[2],
                        hash_mix(w[3] ^ odd, seed_) ^ odd);
    }
    std::size_t owner(std::uint64_t hash) const noexcept {
        return static_cast<std::size_t>(((hash >> 48) * owner_cores_) >> 16);
    }
    std::size_t owner_cores() const noexcept { return owner_cores_; }

  private:
    static constexpr std::uint64_t odd = 0x9e3779b97f4a7c15; // 2^64 / golden ratio

    std::uint64_t seed_;
    std::size_t owner_cores_;
};

} // namespace latchkey::core

#pragma once
#include <array>
#include <cstdint>

namespace load {

/// Random numbers by xoshiro256**, whose state splitmix64 makes from the seed
/// (https://prng.di.unimi.it).
class random_source {
  public:
    explicit random_source(std::uint64_t seed) {
        for (auto& word : state_) {
            seed += 0x9e3779b97f4a7c15;
            std::uint64_t z = seed;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            word = z ^ (z >> 31);
        }
    }

    std::uint64_t next() {
        const std::uint64_t result = rotated(state_[1] * 5, 7) * 9;
        const std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = rotated(state_[3], 45);
        return result;
    }

    /// From 0 to count - 1. What multiplication favours is less than count / 2^64.
    std::uint64_t below(std::uint64_t count) {
        __extension__ typedef unsigned __int128 wide;
        return static_cast<std::uint64_t>((static_cast<wide>(next()) * count) >> 64);
    }

    /// From 0 (included) to 1 (excluded).
    double part() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  private:
    static constexpr std::uint64_t rotated(std::uint64_t x, int by) {
        return (x << by) | (x >> (64 - by));
    }

    std::array<std::uint64_t, 4> state_;
};

} // namespace load

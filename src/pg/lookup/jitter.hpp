#pragma once

#include <cstdint>

namespace latchkey::pg {

/// Random numbers that are good enough for jitter, and for nothing else (xorshift64*).
class jitter {
  public:
    explicit jitter(std::uint64_t seed) noexcept : state_(seed | 1) {}

    std::uint64_t next() noexcept {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return (state_ * 0x2545f4914f6cdd1dULL) >> 8;
    }
    /// A number in [0, 1).
    double fraction() noexcept { return static_cast<double>(next() >> 3) * 0x1p-53; }

  private:
    std::uint64_t state_;
};

} // namespace latchkey::pg

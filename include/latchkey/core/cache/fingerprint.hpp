#pragma once
// A fingerprint is the SHA-256 of a credential: it is stored, looked up and compared in place of
// the credential.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace latchkey::core {

using fingerprint = std::array<std::uint8_t, 32>;

/// What == says, without a call of memcmp: g++ 12 makes one for it, at each look-up in a cache. It
/// is no comparison of secrets.
inline bool is_same(const fingerprint& a, const fingerprint& b) noexcept {
    std::uint64_t x[4];
    std::uint64_t y[4];
    static_assert(sizeof x == sizeof a);
    std::memcpy(x, a.data(), sizeof x);
    std::memcpy(y, b.data(), sizeof y);
    return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3])) == 0;
}

} // namespace latchkey::core

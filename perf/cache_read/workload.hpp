#pragma once
// The work of every contender: look keys up, copy their values, and now and then write one.

#include <latchkey/core/cache/fingerprint.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace cache_read {

using key = latchkey::core::fingerprint;

struct payload {
    std::array<std::uint64_t, 32> words{}; // 256 bytes; the first word identifies the key
};

inline std::uint64_t first_word(const key& k) {
    std::uint64_t w = 0;
    std::memcpy(&w, k.data(), sizeof w);
    return w;
}

struct workload {
    std::vector<cache_read::key> keys;                ///< random
    std::array<std::vector<std::uint32_t>, 2> reads;  ///< indexes of keys, by thread
    std::array<std::vector<std::uint32_t>, 2> writes; ///< only keys that the thread owns
    std::size_t owner(std::size_t i) const { return owner_cores[i]; }
    std::vector<std::uint8_t> owner_cores;
};

/// Keys chosen uniformly, or by Zipf's law with exponent 0.99.
workload make_workload(std::size_t keys, bool zipf);

payload payload_of(std::uint32_t index);

/// A cache under test. `thread` is 0 or 1; a thread writes only the keys that it owns.
class contender {
  public:
    virtual ~contender() = default;
    /// Called before a thread's first call, and after its last.
    virtual void enter(std::size_t) {}
    virtual void leave(std::size_t) {}
    virtual bool read(std::size_t thread, const key&, payload& out) = 0;
    virtual void write(std::size_t thread, const key&, const payload&) = 0;
    /// Bytes by its own count; 0 if it does not count.
    virtual std::size_t own_bytes() const { return 0; }
};

} // namespace cache_read

#include <latchkey/crypto/random.hpp>

#include <latchkey/crypto/base62.hpp>

#include <openssl/err.h>
#include <openssl/rand.h>

#include <array>
#include <cstring>

namespace latchkey::crypto {

core::result<void> fill_random(std::span<std::uint8_t> out) {
    if (RAND_priv_bytes_ex(nullptr, out.data(), out.size(), 256) == 1) return {};
    ERR_clear_error();
    return core::failure{core::failure_kind::internal,
                         "the system's random generator is not seeded"};
}

std::uint64_t random_number() {
    std::array<std::uint8_t, sizeof(std::uint64_t)> bytes{};
    fill_random(bytes).value();
    std::uint64_t n = 0;
    std::memcpy(&n, bytes.data(), sizeof n);
    return n;
}

core::result<std::string> random_base62(std::size_t length) {
    // 248 = 4 * 62: bytes from 248 on are skipped, since they would make some characters more
    // likely.
    constexpr std::uint8_t limit = 248;
    std::string out;
    out.reserve(length);
    std::array<std::uint8_t, 64> bytes{};
    while (out.size() < length) {
        if (auto filled = fill_random(bytes); !filled) return filled.error();
        for (const auto byte : bytes)
            if (byte < limit && out.size() < length) out += base62_alphabet[byte % 62];
    }
    return out;
}

} // namespace latchkey::crypto

#include "auth/api_key/checksum.hpp"

#include <latchkey/crypto/base62.hpp>
#include <latchkey/crypto/random.hpp>

#include <array>
#include <cstdint>
#include <string>

namespace latchkey::auth {

namespace {

// CRC-32 as in IEEE 802.3 (reflected polynomial 0xedb88320). Table k gives the effect of a byte on
// the remainder when k zero bytes follow it. Eight bytes then take one step instead of eight steps
// that depend on each other (M. E. Kounavis, F. L. Berry, "A systematic approach to building high
// performance software-based CRC generators", 2005).
constexpr std::size_t crc_stride = 8;
constexpr auto crc_tables = [] {
    std::array<std::array<std::uint32_t, 256>, crc_stride> tables{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t c = i;
        for (int bit = 0; bit < 8; ++bit)
            c = (c & 1) ? 0xedb88320u ^ (c >> 1) : c >> 1;
        tables[0][i] = c;
    }
    for (std::size_t k = 1; k < crc_stride; ++k)
        for (std::size_t i = 0; i < 256; ++i)
            tables[k][i] = tables[k - 1][i] >> 8 ^ tables[0][tables[k - 1][i] & 255];
    return tables;
}();

constexpr std::uint32_t crc32(std::string_view text) {
    std::uint32_t c = 0xffffffffu;
    const auto byte = [](char ch) { return static_cast<unsigned char>(ch); };
    for (; text.size() >= crc_stride; text.remove_prefix(crc_stride)) {
        std::uint32_t next = 0;
        for (std::size_t i = 0; i < crc_stride; ++i) {
            const auto carried = i < 4 ? c >> (8 * i) : 0;
            next ^= crc_tables[crc_stride - 1 - i][(carried ^ byte(text[i])) & 255];
        }
        c = next;
    }
    for (const char ch : text)
        c = crc_tables[0][(c ^ byte(ch)) & 255] ^ (c >> 8);
    return c ^ 0xffffffffu;
}
static_assert(crc32("123456789") == 0xcbf43926u); // the check value in CRC catalogues

// Six digits are enough, since 62^6 > 2^32. The most significant comes first.
constexpr std::array<char, checksum_length> checksum_of(std::string_view text) {
    std::array<char, checksum_length> digits{};
    std::uint32_t n = crc32(text);
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, n /= 62)
        *digit = crypto::base62_alphabet[n % 62];
    return digits;
}

} // namespace

bool checksum_holds(std::string_view text) noexcept {
    const auto digits = checksum_of(text.substr(0, text.size() - checksum_length));
    return text.ends_with(std::string_view(digits.data(), digits.size()));
}

core::result<crypto::secret> generate_checked_secret(std::string_view prefix,
                                                     std::size_t random_length) {
    auto random = crypto::random_base62(random_length);
    if (!random) return random.error();
    const crypto::secret drawn(std::move(*random));
    std::string made;
    // Growing would leave a copy of the secret.
    made.reserve(prefix.size() + random_length + checksum_length);
    made += prefix;
    made += drawn.reveal();
    const auto digits = checksum_of(made);
    made.append(digits.data(), digits.size());
    return crypto::secret(std::move(made));
}

} // namespace latchkey::auth

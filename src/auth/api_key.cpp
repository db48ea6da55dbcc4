#include <latchkey/auth/api_key.hpp>

#include <latchkey/crypto/base62.hpp>
#include <latchkey/crypto/random.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace latchkey::auth {

namespace {

constexpr std::string_view marker = "lk_";
constexpr std::size_t env_length_max = 16;
constexpr std::size_t body_length = api_key_random_length + api_key_crc_length;
constexpr std::size_t foreign_key_length_min = 8;

// CRC-32 as in IEEE 802.3 (reflected polynomial 0xedb88320). Table k tells what a byte does to the
// remainder with k zero bytes behind it, so that eight bytes take one step and not eight that wait
// for one another (M. E. Kounavis, F. L. Berry, "A systematic approach to building high performance
// software-based CRC generators", 2005).
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
static_assert(crc32("123456789") == 0xcbf43926u); // the check value that the CRC catalogues give

// Six digits, the most significant first: 62^6 > 2^32.
constexpr std::array<char, api_key_crc_length> crc_digits(std::string_view text) {
    std::array<char, api_key_crc_length> digits{};
    std::uint32_t n = crc32(text);
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, n /= 62)
        *digit = crypto::base62_alphabet[n % 62];
    return digits;
}

bool is_env(std::string_view text) noexcept {
    return !text.empty() && text.size() <= env_length_max && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    });
}

bool checksum_holds(std::string_view key) noexcept {
    const auto digits = crc_digits(key.substr(0, key.size() - api_key_crc_length));
    return key.ends_with(std::string_view(digits.data(), digits.size()));
}

bool is_foreign(std::string_view key) noexcept {
    return key.size() >= foreign_key_length_min && key.size() <= foreign_key_length_max &&
           std::ranges::all_of(key, [](char c) { return c > ' ' && c <= '~'; });
}

} // namespace

api_key_shape classify_api_key(std::string_view key) noexcept {
    if (key.starts_with(marker)) {
        const auto rest = key.substr(marker.size());
        const auto env = rest.substr(0, rest.find('_'));
        const auto body =
            env.size() < rest.size() ? rest.substr(env.size() + 1) : std::string_view();
        const bool ours = is_env(env) && body.size() == body_length &&
                          std::ranges::all_of(body, crypto::is_base62);
        if (ours) return checksum_holds(key) ? api_key_shape::own : api_key_shape::invalid;
        // A mistyped key of ours, not somebody else's.
        if ((env == "live" || env == "test") && env.size() < rest.size())
            return api_key_shape::invalid;
    }
    return is_foreign(key) ? api_key_shape::foreign : api_key_shape::invalid;
}

std::optional<core::fingerprint> api_key_fingerprint(crypto::digest& sha256, std::string_view key,
                                                     bool accept_foreign_keys) {
    const auto shape = classify_api_key(key);
    if (shape == api_key_shape::invalid) return std::nullopt;
    if (shape == api_key_shape::foreign && !accept_foreign_keys) return std::nullopt;
    return sha256.sha256(key);
}

core::result<crypto::secret> generate_api_key(std::string_view env) {
    if (!is_env(env))
        return core::failure{core::failure_kind::invalid,
                             "a key's prefix must be 1 to 16 lower-case letters and digits"};
    auto random = crypto::random_base62(api_key_random_length);
    if (!random) return random.error();
    std::string key(marker);
    key += env;
    key += '_';
    key += *random;
    const auto digits = crc_digits(key);
    key.append(digits.data(), digits.size());
    return crypto::secret(std::move(key));
}

core::result<std::string> generate_key_id() {
    constexpr std::size_t length = 22; // 131 bits
    auto random = crypto::random_base62(length);
    if (!random) return random.error();
    return "key_" + *random;
}

} // namespace latchkey::auth

#include <latchkey/crypto/password_hash.hpp>

#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/openssl_handles.hpp>
#include <latchkey/crypto/random.hpp>
#include <latchkey/crypto/secret.hpp>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>

namespace latchkey::crypto {

namespace {

using kdf_ptr = std::unique_ptr<EVP_KDF, freed_by<EVP_KDF_free>>;
using kdf_ctx_ptr = std::unique_ptr<EVP_KDF_CTX, freed_by<EVP_KDF_CTX_free>>;

constexpr std::string_view marker = "scrypt:";
constexpr std::size_t made_salt_length = 16;
constexpr std::size_t made_hash_length = 32;

bool is_affordable(const scrypt_cost& cost) {
    if (cost.log2_n < 1 || cost.log2_n > 20 || cost.r < 1 || cost.r > 32 || cost.p < 1 ||
        cost.p > 16)
        return false;
    if (cost.log2_n >= 16 * cost.r) return false; // N < 2^(128 r / 8): RFC 7914, section 2
    return (std::uint64_t{128} << cost.log2_n) * cost.r <= scrypt_memory_max;
}

core::failure too_costly() {
    return {core::failure_kind::invalid,
            "the cost of a scrypt hash is out of bounds: ln 1 to 20 and less than 16 r, r 1 to 32, "
            "p 1 to 16, and no more than 64 MiB, which are 128 * 2^ln * r bytes"};
}

core::failure misshapen() {
    return {core::failure_kind::invalid,
            "a scrypt hash is written scrypt:ln=15,r=8,p=1$<salt>$<hash>, with 8 to 64 bytes of "
            "salt and 32 to 64 bytes of hash in base64url without padding"};
}

// Removes `name`, a decimal number without leading zeros, and `end` from the front of the text.
// Returns nullopt if they are not there.
std::optional<unsigned> take_number(std::string_view& text, std::string_view name, char end) {
    if (!text.starts_with(name)) return std::nullopt;
    text.remove_prefix(name.size());
    unsigned number = 0;
    const auto* const past = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), past, number);
    if (error != std::errc() || text.front() == '0' || stop == past || *stop != end)
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()) + 1);
    return number;
}

std::optional<scrypt_cost> take_cost(std::string_view& text) {
    const auto log2_n = take_number(text, "ln=", ',');
    const auto r = log2_n ? take_number(text, "r=", ',') : std::nullopt;
    const auto p = r ? take_number(text, "p=", '$') : std::nullopt;
    if (!p) return std::nullopt;
    return scrypt_cost{*log2_n, *r, *p};
}

std::optional<std::string> decode(std::string_view text, std::size_t least, std::size_t most) {
    auto bytes = decode_base64url(text);
    if (!bytes || bytes->size() < least || bytes->size() > most) return std::nullopt;
    return bytes;
}

std::string written(const scrypt_cost& cost, std::string_view salt, std::string_view hash) {
    return std::string(marker) + "ln=" + std::to_string(cost.log2_n) +
           ",r=" + std::to_string(cost.r) + ",p=" + std::to_string(cost.p) + '$' +
           encode_base64url(salt) + '$' + encode_base64url(hash);
}

// OpenSSL's interface wants a pointer to non-const bytes, but only reads them.
OSSL_PARAM octets(const char* name, std::string_view bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(bytes.data()), bytes.size());
}

bool derive(std::string& out, std::string_view password, std::string_view salt,
            const scrypt_cost& cost) {
    const kdf_ptr algorithm(EVP_KDF_fetch(nullptr, "SCRYPT", nullptr));
    const kdf_ctx_ptr context(algorithm ? EVP_KDF_CTX_new(algorithm.get()) : nullptr);
    std::uint64_t n = std::uint64_t{1} << cost.log2_n;
    std::uint32_t r = cost.r;
    std::uint32_t p = cost.p;
    const std::array params = {octets(OSSL_KDF_PARAM_PASSWORD, password),
                               octets(OSSL_KDF_PARAM_SALT, salt),
                               OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
                               OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
                               OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
                               OSSL_PARAM_construct_end()};
    return context && EVP_KDF_derive(context.get(), bytes_of(out), out.size(), params.data()) == 1;
}

} // namespace

core::result<std::string> scrypt(std::string_view password, std::string_view salt, scrypt_cost cost,
                                 std::size_t length) {
    const clean_errors after;
    if (!is_affordable(cost)) return too_costly();
    std::string out(length, 0);
    if (!derive(out, password, salt, cost))
        return core::failure{core::failure_kind::internal, "OpenSSL did not compute scrypt"};
    return out;
}

core::result<std::string> hash_password(std::string_view password, scrypt_cost cost) {
    std::array<std::uint8_t, made_salt_length> random{};
    if (auto filled = fill_random(random); !filled) return filled.error();
    const std::string salt(random.begin(), random.end());
    const auto hash = scrypt(password, salt, cost, made_hash_length);
    if (!hash) return hash.error();
    return written(cost, salt, *hash);
}

core::result<password_hash> password_hash::parse(std::string_view stored) {
    auto rest = stored;
    if (!rest.starts_with(marker)) return misshapen();
    rest.remove_prefix(marker.size());
    const auto cost = take_cost(rest);
    const auto split = rest.find('$');
    if (!cost || split == std::string_view::npos) return misshapen();
    auto salt = decode(rest.substr(0, split), salt_length_min, salt_length_max);
    auto hash = decode(rest.substr(split + 1), hash_length_min, hash_length_max);
    if (!salt || !hash) return misshapen();
    if (!is_affordable(*cost)) return too_costly();
    password_hash made;
    made.text_ = stored;
    made.cost_ = *cost;
    made.salt_ = std::move(*salt);
    made.hash_ = std::move(*hash);
    return made;
}

bool password_hash::matches(std::string_view password) const {
    auto derived = scrypt(password, salt_, cost_, hash_.size());
    if (!derived) throw std::runtime_error(derived.error().message);
    const secret bytes(std::move(*derived));
    return equal_secrets(bytes.reveal(), hash_);
}

std::size_t password_hash::bytes() const noexcept {
    return sizeof *this + text_.capacity() + salt_.capacity() + hash_.capacity();
}

} // namespace latchkey::crypto

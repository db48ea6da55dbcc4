#include <latchkey/auth/device/device_secret.hpp>

#include "auth/api_key/checksum.hpp"

#include <latchkey/auth/api_key/api_key.hpp>
#include <latchkey/crypto/digest.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace latchkey::auth {

namespace {

constexpr std::string_view sha256_marker = "sha256:";
constexpr std::string_view scrypt_marker = "scrypt:";

std::string_view bytes_of(const core::fingerprint& f) {
    return {reinterpret_cast<const char*>(f.data()), f.size()};
}

int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<core::fingerprint> read_hex(std::string_view text) {
    core::fingerprint out{};
    if (text.size() != 2 * out.size()) return std::nullopt;
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto high = digit_of(text[2 * i]);
        const auto low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        out[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return out;
}

std::optional<core::fingerprint> read_legacy(std::string_view bare, legacy_device_secret meaning) {
    switch (reading_of(shape_of_bare(bare), meaning)) {
    case bare_reading::unusable:
        return std::nullopt;
    case bare_reading::plaintext:
        return crypto::sha256(bare);
    case bare_reading::sha256_hex:
        return read_hex(bare);
    }
    return std::nullopt;
}

std::string_view without_white_space(std::string_view text) {
    constexpr std::string_view white = " \t\n\v\f\r";
    const auto begin = text.find_first_not_of(white);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(white) - begin + 1);
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Removes the prefix that other programs write before a hash: 0x…, \x…, SHA256:…, sha-256=…,
// {SHA256}…
std::string_view without_mark(std::string_view text) {
    constexpr std::string_view marks[] = {"0x",       "\\x",      "sha256:",  "sha256=", "sha256$",
                                          "sha-256:", "sha-256=", "sha-256$", "{sha256}"};
    for (const auto mark : marks)
        if (text.size() >= mark.size() &&
            std::ranges::equal(text.substr(0, mark.size()), mark, {}, lower))
            return without_white_space(text.substr(mark.size()));
    return text;
}

} // namespace

bare_shape shape_of_bare(std::string_view stored) noexcept {
    if (read_hex(stored)) return bare_shape::hex_64;
    return read_hex(without_mark(without_white_space(stored))) ? bare_shape::like_hex_64
                                                               : bare_shape::other;
}

bare_reading reading_of(bare_shape shape, legacy_device_secret meaning) noexcept {
    switch (meaning) {
    case legacy_device_secret::unset:
        break;
    case legacy_device_secret::plaintext:
        return bare_reading::plaintext;
    case legacy_device_secret::sha256_hex:
        if (shape == bare_shape::hex_64) return bare_reading::sha256_hex;
        break;
    case legacy_device_secret::mixed:
        if (shape == bare_shape::hex_64) return bare_reading::sha256_hex;
        if (shape == bare_shape::other) return bare_reading::plaintext;
        break;
    }
    return bare_reading::unusable;
}

bool is_device_id(std::string_view presented) noexcept {
    return !presented.empty() && presented.size() <= device_id_length_max;
}

bool is_device_secret(std::string_view presented) noexcept {
    return !presented.empty() && presented.size() <= device_secret_length_max;
}

core::result<crypto::secret> generate_device_secret() {
    return generate_checked_secret("lkd_", api_key_random_length);
}

std::string sha256_form(std::string_view secret) {
    return std::string(sha256_marker) + crypto::to_hex(crypto::sha256(secret));
}

stored_secret stored_secret::parse(std::string_view stored, legacy_device_secret meaning) {
    stored_secret made;
    if (stored.starts_with(scrypt_marker)) {
        if (auto hash = crypto::password_hash::parse(stored))
            made.form_ = std::make_shared<const crypto::password_hash>(std::move(*hash));
        return made;
    }
    made.legacy_ = !stored.empty() && !stored.starts_with(sha256_marker);
    const auto print = stored.starts_with(sha256_marker)
                           ? read_hex(stored.substr(sha256_marker.size()))
                       : made.legacy_ ? read_legacy(stored, meaning)
                                      : std::nullopt;
    if (print) made.form_ = *print;
    return made;
}

bool stored_secret::matches(const core::fingerprint& presented) const noexcept {
    static constexpr core::fingerprint nothing{};
    const auto* print = std::get_if<core::fingerprint>(&form_);
    const bool same =
        crypto::equal_secrets(bytes_of(print ? *print : nothing), bytes_of(presented));
    return same & (print != nullptr); // & and not &&: no branch depends on the secret
}

std::shared_ptr<const crypto::password_hash> stored_secret::scrypt() const noexcept {
    const auto* hash = std::get_if<password>(&form_);
    return hash ? *hash : nullptr;
}

std::size_t stored_secret::heap_bytes() const noexcept {
    const auto* hash = std::get_if<password>(&form_);
    return hash ? (*hash)->bytes() : 0;
}

} // namespace latchkey::auth

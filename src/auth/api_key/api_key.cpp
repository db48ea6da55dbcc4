#include <latchkey/auth/api_key/api_key.hpp>

#include "auth/api_key/checksum.hpp"

#include <latchkey/crypto/base62.hpp>
#include <latchkey/crypto/digest.hpp>
#include <latchkey/crypto/random.hpp>

#include <algorithm>
#include <string>

namespace latchkey::auth {

namespace {

constexpr std::string_view marker = "lk_";
constexpr std::size_t env_length_max = 16;
constexpr std::size_t body_length = api_key_random_length + api_key_crc_length;
constexpr std::size_t foreign_key_length_min = 8;
static_assert(api_key_crc_length == checksum_length);

bool is_env(std::string_view text) noexcept {
    return !text.empty() && text.size() <= env_length_max && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    });
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
        // A mistyped key of ours, not a foreign one.
        if ((env == "live" || env == "test") && env.size() < rest.size())
            return api_key_shape::invalid;
    }
    return is_foreign(key) ? api_key_shape::foreign : api_key_shape::invalid;
}

std::optional<core::fingerprint> api_key_fingerprint(std::string_view key,
                                                     bool accept_foreign_keys) {
    const auto shape = classify_api_key(key);
    if (shape == api_key_shape::invalid) return std::nullopt;
    if (shape == api_key_shape::foreign && !accept_foreign_keys) return std::nullopt;
    return crypto::sha256(key);
}

core::result<crypto::secret> generate_api_key(std::string_view env) {
    if (!is_env(env))
        return core::failure{core::failure_kind::invalid,
                             "a key's prefix must be 1 to 16 lower-case letters and digits"};
    return generate_checked_secret(std::string(marker) + std::string(env) + '_',
                                   api_key_random_length);
}

std::string hint_of(std::string_view key) {
    constexpr std::size_t shown = 4;
    if (classify_api_key(key) != api_key_shape::own) return {};
    return std::string(key.substr(0, key.rfind('_') + 1 + shown));
}

core::result<std::string> generate_key_id() {
    constexpr std::size_t length = 22; // 131 bits
    auto random = crypto::random_base62(length);
    if (!random) return random.error();
    return "key_" + *random;
}

} // namespace latchkey::auth

#include <latchkey/auth/why_malformed.hpp>

#include <latchkey/auth/api_key/api_key.hpp>
#include <latchkey/core/text/ascii.hpp>
#include <latchkey/crypto/jws.hpp>

#include <algorithm>

namespace latchkey::auth {

namespace {

bool is_space(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool begins_with_scheme(std::string_view text) noexcept {
    constexpr std::string_view scheme = "bearer ";
    return text.size() >= scheme.size() && core::same_text(text.substr(0, scheme.size()), scheme);
}

bool looks_like_token(std::string_view text) noexcept {
    return text.starts_with("eyJ") && std::ranges::count(text, '.') == 2;
}

// What clients do to credentials of all kinds; empty: nothing of that.
std::string_view why_mangled(std::string_view text) noexcept {
    if (text.empty()) return "it is empty";
    if (text.ends_with('\n')) return "it ends in a line feed: trim what was read from a file";
    if (is_space(text.front()) || is_space(text.back()))
        return "it begins or ends with white space";
    if (begins_with_scheme(text)) return "it begins with \"Bearer \": send what follows it";
    if (text.size() > 1 && text.front() == '"' && text.back() == '"')
        return "it stands in quotation marks";
    return {};
}

} // namespace

std::string_view why_malformed_key(std::string_view text, bool accept_foreign_keys) noexcept {
    if (const auto why = why_mangled(text); !why.empty()) return why;
    if (looks_like_token(text))
        return "it is a token, and no API key: ask /api/v1/auth/verify-token";
    if (text.starts_with("lkd_")) return "it is a device's secret, and no API key";
    const auto shape = classify_api_key(text);
    if (shape == api_key_shape::foreign && !accept_foreign_keys)
        return "it is none of Latchkey's own keys, and auth.accept_foreign_keys is false";
    if (text.starts_with("lk_"))
        return "its length, alphabet or checksum is not that of a key: a character is missing or "
               "wrong";
    if (text.size() > foreign_key_length_max) return "it is longer than 512 bytes";
    if (!std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; }))
        return "it holds a character that no key has: only visible ASCII without spaces may be in "
               "it";
    return "it is shorter than 8 characters";
}

std::string_view why_malformed_token(std::string_view text,
                                     const token_configuration& bounds) noexcept {
    if (const auto why = why_mangled(text); !why.empty()) return why;
    if (text.starts_with("lk_"))
        return "it is an API key, and no token: ask /api/v1/auth/verify-api-key";
    if (text.size() > bounds.length_max) return "it is longer than tokens.length_max";
    const auto dots = std::ranges::count(text, '.');
    if (dots == 4)
        return "it has five parts, so it is encrypted (JWE): only signed tokens are read";
    if (dots != 2) return "it has not the three parts of a JWT, with dots between them";
    auto token = crypto::unverified_token::read(text);
    if (!token) return "its header or signature is not what a JWT has, in base64url";
    if (!token->read_claims({.bytes_max = bounds.length_max,
                             .depth_max = bounds.depth_max,
                             .names_max = bounds.claims_max}))
        return "its claims are no JSON object in base64url, or exceed tokens.claims_max or "
               "tokens.depth_max";
    return "its type or its claims are not as its issuer's rules demand: \"typ\", \"exp\", \"iat\" "
           "or "
           "what issuers.required_claims names";
}

std::string_view why_malformed_device(std::string_view device_id,
                                      std::string_view secret) noexcept {
    if (device_id.empty()) return "device_id is empty";
    if (secret.empty()) return "device_secret is empty";
    return "device_id or device_secret is too long";
}

} // namespace latchkey::auth

#include "api/forward/forwarded_credential.hpp"

#include <latchkey/core/text/ascii.hpp>
#include <latchkey/crypto/base64url.hpp>

#include <algorithm>
#include <optional>

namespace latchkey::api {

namespace {

using kind = forwarded_credential::kind;

bool is_base64url(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
}

// RFC 4648, section 4, with its padding.
std::optional<std::string> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    for (int i = 0; i < 2 && text.ends_with('='); ++i)
        text.remove_suffix(1);
    std::string other(text);
    for (char& c : other) {
        if (c == '-' || c == '_') return std::nullopt;
        if (c == '+') c = '-';
        if (c == '/') c = '_';
    }
    return crypto::decode_base64url(other);
}

// RFC 7617: the id has no colon.
presented read_basic(std::string_view encoded, forwarded_credential& out, std::string& buffer) {
    auto pair = decode_base64(encoded);
    const auto colon = pair ? pair->find(':') : std::string::npos;
    if (colon == std::string::npos) return presented::misshapen;
    buffer = std::move(*pair);
    const std::string_view text(buffer);
    out = {kind::device, text.substr(0, colon), text.substr(colon + 1)};
    return presented::one;
}

presented read_authorization(std::string_view value, forwarded_credential& out,
                             std::string& buffer) {
    const auto space = std::min(value.find(' '), value.size());
    const auto scheme = value.substr(0, space);
    const auto text = core::trimmed(value.substr(space));
    if (core::same_text(scheme, "basic")) return read_basic(text, out, buffer);
    if (!core::same_text(scheme, "bearer") || text.empty()) return presented::misshapen;
    if (text.find_first_of(" \t") != text.npos) return presented::misshapen;
    out = {has_shape_of_token(text) ? kind::token : kind::api_key, text, {}};
    return presented::one;
}

} // namespace

bool has_shape_of_token(std::string_view text) noexcept {
    // "{" and a quote or white space after it.
    if (text.size() < 2 || text[0] != 'e' || (text[1] != 'y' && text[1] != 'w')) return false;
    return std::ranges::count(text, '.') == 2 &&
           std::ranges::all_of(text, [](char c) { return c == '.' || is_base64url(c); });
}

presented read_credential(const http::request& asked, forwarded_credential& out,
                          std::string& buffer) {
    if (asked.repeats_authorization || asked.repeats_api_key) return presented::repeated;
    const auto authorization = asked.get(http::field::authorization);
    const auto key = asked.get(http::field::x_api_key);
    if (authorization.empty() && key.empty()) return presented::missing;
    if (authorization.empty()) {
        out = {kind::api_key, key, {}};
        return presented::one;
    }
    const auto found = read_authorization(authorization, out, buffer);
    if (found != presented::one || key.empty()) return found;
    return out.what != kind::device && out.text == key ? presented::one : presented::disagreeing;
}

} // namespace latchkey::api

#include "api/forward/forwarded_credential.hpp"

#include "api/basic_credential.hpp"

#include <algorithm>

namespace latchkey::api {

namespace {

using kind = forwarded_credential::kind;

bool is_base64url(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
}

presented read_authorization(std::string_view value, forwarded_credential& out,
                             std::string& buffer) {
    if (const auto encoded = text_of_scheme(value, "basic")) {
        const auto pair = read_basic(*encoded, buffer);
        if (!pair) return presented::misshapen;
        out = {kind::device, pair->id, pair->secret};
        return presented::one;
    }
    const auto text = text_of_scheme(value, "bearer");
    if (!text || text->empty()) return presented::misshapen;
    if (text->find_first_of(" \t") != text->npos) return presented::misshapen;
    out = {has_shape_of_token(*text) ? kind::token : kind::api_key, *text, {}};
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

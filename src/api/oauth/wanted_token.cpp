#include "api/oauth/wanted_token.hpp"

#include <latchkey/auth/caller/caller_scopes.hpp>
#include <latchkey/http/characters.hpp>

#include <algorithm>

namespace latchkey::api::oauth {

namespace {

// RFC 3986, section 4.3: a scheme, and something behind it.
bool is_absolute_uri(std::string_view text) noexcept {
    constexpr core::character_class of_scheme("abcdefghijklmnopqrstuvwxyz"
                                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
    const auto end = of_scheme.span_end(text, 0);
    const bool begins = end > 0 && end < text.size() && text[end] == ':';
    const bool letter = !core::digit_characters.has(text.empty() ? '0' : text[0]);
    return begins && letter && end + 1 < text.size() &&
           http::request_target_characters.holds(text.substr(end + 1));
}

} // namespace

bool is_scope_token(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return c > ' ' && c < 0x7f && c != '"' && c != '\\';
    });
}

std::optional<error> read_wanted(const http::json_value& scope, const http::json_value& resource,
                                 const http::json_value& audience, wanted_token& out) {
    out.names_scopes = scope.present;
    out.scopes.clear();
    out.audience.reset();
    for (auto rest = scope.text; scope.present;) {
        const auto end = std::min(rest.find(' '), rest.size());
        if (!is_scope_token(rest.substr(0, end)))
            return error{"invalid_scope", "scope must be scopes with one space between them"};
        if (auth::is_reserved_scope(rest.substr(0, end)))
            return error{"invalid_scope", "no token has a scope that begins with \"latchkey:\""};
        out.scopes.push_back(rest.substr(0, end));
        if (end == rest.size()) break;
        rest.remove_prefix(end + 1);
    }
    for (const auto uri : resource.texts)
        if (!is_absolute_uri(uri))
            return error{"invalid_target", "resource must be an absolute URI without a fragment"};
    for (const auto* some : {&resource, &audience})
        for (const auto name : some->texts) {
            if (out.audience && *out.audience != name)
                return error{"invalid_target", "a token is for one resource or audience"};
            out.audience = name;
        }
    return std::nullopt;
}

} // namespace latchkey::api::oauth

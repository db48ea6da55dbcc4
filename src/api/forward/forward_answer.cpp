#include "api/forward/forward_answer.hpp"

#include "api/public/credential_request.hpp"

#include <latchkey/auth/caller/caller_scopes.hpp>
#include <latchkey/core/text/form_text.hpp>

#include <algorithm>
#include <array>

namespace latchkey::api {

namespace {

constexpr std::string_view nothing = "-";

// A value that is "-" itself must not read as none.
void append_value(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    if (value.empty())
        out += nothing;
    else if (value == nothing)
        out += "%2D";
    else
        core::append_field_text(out, value);
    out += "\r\n";
}

// A text that only looks like a scope of callers grants nothing here, and must grant nothing there.
void append_scopes(std::string& out, std::span<const std::string> scopes) {
    out += "X-Latchkey-Scopes: ";
    bool any = false;
    for (const auto& scope : scopes) {
        if (scope.empty() || auth::is_reserved_scope(scope)) continue;
        if (any) out += ' ';
        any = true;
        if (scope == nothing)
            out += "%2D";
        else
            core::append_field_text(out, scope);
    }
    out += any ? "\r\n" : "-\r\n";
}

void append_found(std::string& out, const finding& how) {
    constexpr std::array<std::string_view, 3> sources = {"hit", "miss", "coalesced"};
    const auto old = std::max(core::age(how.asked_at, how.now), core::nanoseconds(0));
    out += "X-Auth-Cache: ";
    out += sources[static_cast<std::size_t>(how.how)];
    out += "\r\nAge: ";
    out += std::to_string(old / core::seconds(1));
    out += "\r\n";
}

void append_parameter(std::string& out, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    ((out += ", ") += name) += "=\"";
    (out += value) += '"';
}

void append_challenge(std::string& out, std::string_view error, std::string_view metadata) {
    out += "WWW-Authenticate: Bearer realm=\"latchkey\"";
    append_parameter(out, "error", error);
    append_parameter(out, "resource_metadata", metadata);
}

// A quoted string (RFC 9110, section 5.6.4). What cannot stand in one is percent-encoded.
void append_scopes_demanded(std::string& out, std::span<const std::string_view> scopes) {
    out += ", scope=\"";
    for (const auto scope : scopes) {
        if (out.back() != '"') out += ' ';
        std::string text;
        core::append_field_text(text, scope);
        std::erase_if(text, [](char c) { return c == '"' || c == '\\'; });
        out += text;
    }
    out += '"';
}

int status_of(auth::verdict why) noexcept {
    using enum auth::verdict;
    const bool known = why == insufficient_scopes || why == ip_not_allowed ||
                       why == organization_disabled || why == organization_not_allowed ||
                       why == usage_exceeded;
    return known ? 403 : 401;
}

} // namespace

void allow(http::exchange& ex, std::string& buffer, const forwarded_holder& who, const finding& how,
           std::string_view token) {
    buffer = "X-Latchkey-Code: VALID\r\nCache-Control: no-store\r\n";
    append_value(buffer, "X-Latchkey-Kind: ", who.kind);
    append_value(buffer, "X-Latchkey-Subject: ", who.subject);
    append_value(buffer, "X-Latchkey-Organization: ", who.organization);
    append_value(buffer, "X-Latchkey-Issuer: ", who.issuer);
    append_scopes(buffer, who.scopes);
    if (!token.empty()) append_value(buffer, "X-Latchkey-Token: ", token);
    append_found(buffer, how);
    ex.answer(200, {}, {}, buffer);
}

void forbid(http::exchange& ex, std::string& buffer, auth::verdict why,
            std::span<const std::string_view> scopes, std::string_view metadata) {
    const int status = status_of(why);
    buffer = "X-Auth-Cache: none\r\n";
    if (status == 401 || why == auth::verdict::insufficient_scopes) {
        append_challenge(buffer, status == 401 ? "invalid_token" : "insufficient_scope",
                         status == 401 ? metadata : std::string_view());
        if (status == 403 && !scopes.empty()) append_scopes_demanded(buffer, scopes);
        buffer += "\r\n";
    }
    ex.refuse_without_body(status, auth::code_of(why), buffer);
}

void demand_credential(http::exchange& ex, std::string_view code, std::string_view error,
                       std::string_view metadata) {
    ex.note.verdict = code;
    std::string fields = "X-Auth-Cache: none\r\n";
    append_challenge(fields, error, metadata);
    fields += "\r\n";
    ex.refuse_without_body(401, code, fields);
}

} // namespace latchkey::api

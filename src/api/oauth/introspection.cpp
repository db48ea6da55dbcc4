#include "api/oauth/introspection.hpp"

#include "api/forward/forwarded_credential.hpp"
#include "api/oauth/errors.hpp"
#include "api/oauth/fields.hpp"
#include "api/oauth/parts.hpp"
#include "api/oauth/wanted_token.hpp"
#include "api/public/verification.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/auth/caller/caller_scopes.hpp>
#include <latchkey/core/text/json_member.hpp>
#include <latchkey/core/text/json_text.hpp>
#include <latchkey/http/response.hpp>

#include <boost/json/parse.hpp>

#include <span>

namespace latchkey::api::oauth {

namespace {

constexpr const auto& fields = introspection_fields;
constexpr std::string_view kept_by_nobody = "Cache-Control: no-store\r\n";
constexpr std::string_view inactive = R"({"active":false})";

// Scopes of callers are nobody's business but ours. One that is no scope-token would be read as
// several, or as another.
void append_scope(std::string& out, std::span<const std::string> scopes) {
    std::string all;
    for (const auto& one : scopes)
        if (is_scope_token(one) && !auth::is_reserved_scope(one))
            (all += all.empty() ? "" : " ") += one;
    if (!all.empty()) core::append_member(out, R"(,"scope":)", all);
}

void append_text(std::string& out, std::string_view name, const std::optional<std::string>& text) {
    if (text) core::append_member(out, name, *text);
}

void append_date(std::string& out, std::string_view name,
                 const std::optional<core::real_time>& date) {
    if (!date) return;
    const auto seconds = std::chrono::floor<core::seconds>(*date).time_since_epoch().count();
    (out += name) += std::to_string(seconds);
}

// By which scheme it is presented (RFC 9449, section 6.2).
std::string_view type_of(const auth::token_claims& claims) {
    if (!claims.confirmation) return "Bearer";
    boost::system::error_code unreadable;
    const auto bound_to = boost::json::parse(*claims.confirmation, unreadable);
    const auto* members = bound_to.if_object();
    return members && members->contains("jkt") ? "DPoP" : "Bearer";
}

} // namespace

void introspect(http::exchange& ex, public_api& api) {
    api.oauth_parts->introspections.take().handle(ex);
}

bool is_read_as_token(std::string_view text, std::string_view hint) noexcept {
    return hint != api_key_type && has_shape_of_token(text);
}

void introspection::handle(http::exchange& ex) {
    if (!read(ex) || !admit(ex)) return end();
    follow(ex, check().begin(ex));
}

bool introspection::read(http::exchange& ex) {
    if (refuse_query(ex)) return false;
    auto why = http::unless_form(ex.request);
    if (!why) why = form_.read(ex.request.body, fields);
    of_key_.request = {};
    if (!why) why = read_address(form_[fields["ip"]], of_key_.request.ip);
    // Left out, they would not be compared.
    for (const auto one : {fields["audience"], fields["certificate_thumbprint"]})
        if (!why && form_.named(one) && !form_[one].present)
            why = http::refusal{400, "audience and certificate_thumbprint must not be empty"};
    if (why) refuse_body(ex, *why);
    return !why;
}

// Runs again after a client's key has been looked up: the client is then the caller.
bool introspection::admit(http::exchange& ex) {
    const auto* known = caller_of(ex);
    if (known && known->by_client) return true;
    client_credentials client;
    const auto shown = read_client(ex.request, form_[fields["client_id"]],
                                   form_[fields["client_secret"]], client, texts_);
    if (shown == client_presented::none && known) return true;
    if (shown == client_presented::none) {
        refuse_client(ex, "say who asks: as a client that has the scope \"latchkey:introspect\", "
                          "or in X-Latchkey-Key");
        return false;
    }
    if (shown == client_presented::misshapen) {
        refuse_misshapen_client(ex);
        return false;
    }
    if (shown == client_presented::several || known) {
        oauth::refuse(ex, {"invalid_request", "say who asks once: in Authorization: Basic, in the "
                                              "body, or as a caller"});
        return false;
    }
    return api_.callers.admit_client(ex, client.id, client.secret);
}

credential_check& introspection::check() {
    const auto text = form_[fields["token"]].text;
    is_token_ = is_read_as_token(text, form_[fields["token_type_hint"]].text);
    if (!is_token_) {
        of_key_.presented = text;
        return of_key_;
    }
    of_token_.presented = text;
    of_token_.request = {};
    const auto& audience = form_[fields["audience"]];
    const auto& certificate = form_[fields["certificate_thumbprint"]];
    if (audience.present) of_token_.request.audience = audience.text;
    if (certificate.present) of_token_.request.certificate = certificate.text;
    of_token_.request.any_own_audience = !audience.present;
    return of_token_;
}

void introspection::follow(http::exchange& ex, credential_check::progress now) {
    if (now == credential_check::progress::waiting) return ex.wait_for(*this);
    end();
}

void introspection::finish(http::exchange& ex) {
    if (is_token_) return follow(ex, of_token_.go_on(ex));
    follow(ex, of_key_.go_on(ex));
}

void introspection::answer(http::exchange& ex, const auth::api_key_record& found, const finding&) {
    found.copy_scopes(scopes_);
    auto& out = api_.body;
    out = R"({"active":true)";
    append_scope(out, scopes_);
    core::append_member(out, R"(,"client_id":)", found.key_id());
    core::append_member(out, R"(,"sub":)", found.key_id());
    core::append_member(out, R"(,"organization_id":)", found.organization_id());
    out += R"(,"credential_kind":"api_key")";
    append_date(out, R"(,"exp":)", found.ends_at());
    out += '}';
    ex.answer(200, http::json_type, out, kept_by_nobody);
}

void introspection::answer(http::exchange& ex, const auth::token_record& found, const finding&) {
    const auto& claims = found.claims();
    auto& out = api_.body;
    out = R"({"active":true)";
    append_scope(out, claims.scopes);
    // Another issuer's subject is no client of ours.
    if (claims.client_id)
        append_text(out, R"(,"client_id":)", claims.client_id);
    else if (is_own(api_, claims) && !claims.subject_issuer)
        append_text(out, R"(,"client_id":)", claims.subject);
    append_text(out, R"(,"sub":)", claims.subject);
    append_text(out, R"(,"subject_issuer":)", claims.subject_issuer);
    core::append_member(out, R"(,"aud":)", claims.audiences);
    core::append_member(out, R"(,"iss":)", claims.issuer);
    append_text(out, R"(,"jti":)", claims.token_id);
    core::append_member(out, R"(,"token_type":)", type_of(claims));
    append_text(out, R"(,"organization_id":)", claims.organization_id);
    out += R"(,"credential_kind":"token")";
    append_date(out, R"(,"exp":)", claims.ends_at);
    append_date(out, R"(,"iat":)", claims.issued_at);
    append_date(out, R"(,"nbf":)", claims.not_before);
    if (claims.confirmation) {
        (out += R"(,"cnf":)") += *claims.confirmation;
    } else if (claims.certificate) {
        core::append_member(out, R"(,"cnf":{"x5t#S256":)", *claims.certificate);
        out += '}';
    }
    out += '}';
    ex.answer(200, http::json_type, out, kept_by_nobody);
}

void introspection::refuse(http::exchange& ex, std::string&, auth::verdict) {
    ex.answer(200, http::json_type, inactive, kept_by_nobody);
}

void introspection::refuse_limited(http::exchange& ex, std::string&, const auth::key_limit& limit) {
    refuse_at_limit(ex, limit);
}

void introspection::end() noexcept {
    of_key_.reset();
    of_token_.reset();
    form_.clear();
    texts_ = {};
    api_.oauth_parts->introspections.give_back(*this);
}

} // namespace latchkey::api::oauth

// POST /api/v1/auth/verify-token: is this token good, and whose is it?
//   {token, audience?, scopes?, permissions?, certificate_thumbprint?}, or the token in
//   Authorization: Bearer, with or without a body
//   200 {valid, code, …}   400 malformed, or two tokens   415 not JSON   429 limited
//   503 cannot be decided
#include "api/public/verify_token.hpp"

#include "api/public/fields.hpp"
#include "api/public/jwks_wait.hpp"
#include "api/public/token_check.hpp"
#include "api/public/verification.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/core/text/ascii.hpp>

namespace latchkey::api {

namespace {

constexpr auto token = token_fields["token"];
constexpr auto audience = token_fields["audience"];
constexpr auto scopes = token_fields["scopes"];
constexpr auto permissions = token_fields["permissions"];
constexpr auto certificate = token_fields["certificate_thumbprint"];

// RFC 6750, section 2.1. Returns nullopt without Authorization, or if its scheme is another one.
std::optional<std::string_view> bearer_of(std::string_view authorization) {
    constexpr std::string_view scheme = "bearer ";
    if (authorization.size() < scheme.size() ||
        !core::same_text(authorization.substr(0, scheme.size()), scheme))
        return std::nullopt;
    return core::trimmed(authorization.substr(scheme.size()));
}

std::optional<http::refusal> read(const http::exchange& ex, http::json_body& body) {
    if (ex.request.body.empty()) return body.read("{}", token_fields);
    if (auto why = http::unless_json(ex.request)) return why;
    return body.read(ex.request.body, token_fields);
}

// `first`: when this was first asked; if it is set, the request does not wait again.
void verify(http::exchange& ex, public_api& api, std::optional<core::moment> first) {
    ex.note.kind = "token";
    auto& body = api.token_body;
    if (const auto why = read(ex, body)) return refuse_body(ex, *why);
    const auto bearer = bearer_of(ex.request.get(http::field::authorization));
    if (bearer && body[token].present)
        return ex.refuse(400, "there is a token in Authorization and one in field \"token\"");
    if (!bearer && !body[token].present)
        return ex.refuse(400, "send the token in field \"token\" or in Authorization: Bearer");

    auth::token_request request{std::nullopt, body[scopes].texts, organization_bound(ex)};
    auth::permission_expression expression;
    if (const auto why = read_permissions(body[permissions], expression, request.permissions))
        return refuse_body(ex, *why);
    auth::refused_token whose;
    request.refused = &whose;
    if (body[audience].present) request.audience = body[audience].text;
    if (body[certificate].present) request.certificate = body[certificate].text;
    const auto shared = token_organization_limit(api.gate, ex);
    const auto valid = [&](const auth::token_record& found, auth::answer_source how,
                           const core::moment& verified_at, const core::moment& now) {
        note_token(ex, found, how);
        answer_valid(ex, api.compression, found.answer(), how, age(verified_at, now));
        ex.note_time(now.boot);
    };
    ex.charged.begin(core::charged_limits::stage::subject);
    auto at = api.read_clocks();
    at.first = first;
    auto decided = api.tokens.verify(bearer ? *bearer : body[token].text, request,
                                     cache_terms_of(ex), at, shared, valid);
    if (!first && !decided.ask_for_keys_of.empty())
        return api.jwks_waits.take().begin(ex, std::move(decided.ask_for_keys_of));
    if (refuse_left_open(ex, api, decided.refusal)) return;
    api.tokens.count(decided.what);
    if (!decided.what)
        return refuse_undecided(ex, "the token", decided.reason, decided.retry_after);
    if (*decided.what != auth::verdict::valid) note_refused_token(ex, *decided.what, whose);
    if (decided.refusal) return ex.refuse(*decided.refusal);
    if (*decided.what == auth::verdict::invalid_format)
        ex.reason = api.tokens.why_malformed(bearer ? *bearer : body[token].text);
    if (*decided.what != auth::verdict::valid) answer_invalid(ex, api.body, *decided.what);
}

} // namespace

void verify_token(http::exchange& ex, public_api& api) {
    verify(ex, api, std::nullopt);
}

void jwks_wait::begin(http::exchange& ex, std::string issuer_name) {
    issuer = std::move(issuer_name);
    asker_ = &ex;
    trace = ex.trace;
    asked_at_ = core::moment::now();
    ex.wait_for(*this);
    api_.tokens.ask_for_keys(*this);
}

void jwks_nudge::begin(std::string issuer_name) {
    issuer = std::move(issuer_name);
    api_.tokens.ask_for_keys(*this);
}

void jwks_nudge::decided() noexcept {
    api_.jwks_nudges.give_back(*this);
}

void jwks_wait::finish(http::exchange& ex) {
    api_.jwks_waits.give_back(*this);
    verify(ex, api_, asked_at_);
}

} // namespace latchkey::api

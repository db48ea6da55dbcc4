// POST /api/v1/auth/revoke: whoever holds a credential ends it
//   {api_key} or {token}
//   200 {revoked:true, code:"REVOKED", receipt}; without a receipt if it is known as revoked
//       before. A token that is not good yet is ended, too, and one of a disabled organization
//   200 {revoked:false, code}: there is no such key (NOT_FOUND, INVALID_FORMAT), or it is a secret
//       that has retired after a rotation (EXPIRED), or the token is not good for another reason,
//       has no id (INVALID_FORMAT), or is of an issuer whose tokens are not revocable
//       (ISSUER_MISMATCH)
//   400 malformed, or not one credential
//   415 not JSON
//   429 limited
//   503 the credential cannot be verified, or the end cannot be written
#include "api/public/revoke_credential.hpp"

#include "api/oauth/parts.hpp"
#include "api/public/fields.hpp"
#include "api/public/jwks_wait.hpp"
#include "api/public/token_check.hpp"
#include "api/public/verification.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/core/text/json_object.hpp>

#include <utility>

namespace latchkey::api {

namespace {

constexpr const auto& fields = end_fields;

// Writes under way of one worker. They stand in one queue with those of operators.
constexpr std::size_t endings_max = 16;
// Fetches that are asked for at once. A token that is sent again asks again.
constexpr std::size_t nudges_max = 16;

constexpr std::string_view fields_of_answer = "X-Auth-Cache: none\r\nCache-Control: no-store\r\n";

// Who asks: the caller, or else the token for itself.
std::string actor_of_token(const http::exchange& ex, const auth::token_claims& claims) {
    if (caller_of(ex)) return actor_of(ex);
    return core::json_object({{"kind", "token"},
                              {"issuer", claims.issuer},
                              {"subject", claims.subject},
                              {"organization_id", claims.organization_id},
                              {"address", address_of(ex)}})
        .text;
}

} // namespace

void revoke_credential(http::exchange& ex, public_api& api) {
    if (!refuse_ending(ex, api)) api.endings.take().begin(ex);
}

bool refuse_ending(http::exchange& ex, public_api& api) {
    if (api.endings.lent() + api.oauth_parts->ending < endings_max) return false;
    ex.refuse({503, "too many credentials are being revoked by their holders"});
    return true;
}

// --- The request -------------------------------------------------------------------------------

void end_request::begin(http::exchange& ex) {
    follow(ex, read(ex));
}

void end_request::follow(http::exchange& ex, bool waits) {
    if (waits) return ex.wait_for(*this);
    forget();
    api_.endings.give_back(*this);
}

bool end_request::read(http::exchange& ex) {
    auto why = http::unless_json(ex.request);
    if (!why) why = body_.read(ex.request.body, fields);
    const auto& an_api_key = body_[fields["api_key"]];
    const auto& a_token = body_[fields["token"]];
    if (!why && an_api_key.present == a_token.present)
        why = http::refusal{400, "send one credential: an \"api_key\" or a \"token\""};
    if (why) {
        refuse_body(ex, *why);
        return false;
    }
    return an_api_key.present ? end_key(ex, an_api_key.text) : end_token(ex, a_token.text);
}

void end_request::say_revoked(http::exchange& ex, const std::optional<std::string>& receipt) {
    auto& body = api_.body;
    body = R"({"revoked":true,"code":"REVOKED")";
    if (receipt) (body += R"(,"receipt":")") += *receipt + '"'; // base64url
    body += '}';
    ex.answer(200, http::json_type, body, fields_of_answer);
}

void end_request::say_not_revoked(http::exchange& ex, auth::verdict code) {
    auto& body = api_.body;
    body = R"({"revoked":false,"code":")";
    body += auth::code_of(code);
    body += "\"}";
    ex.answer(200, http::json_type, body, fields_of_answer);
}

// --- The end of a credential -------------------------------------------------------------------

void credential_end::revoked(http::exchange& ex, const std::optional<std::string>& receipt) {
    ex.note.verdict = auth::code_of(auth::verdict::revoked);
    say_revoked(ex, receipt);
}

void credential_end::not_revoked(http::exchange& ex, auth::verdict code) {
    ex.note.verdict = auth::code_of(code);
    ex.note.refused = true;
    say_not_revoked(ex, code);
}

void credential_end::not_revocable(http::exchange& ex, auth::verdict code) {
    ex.note.verdict = auth::code_of(code);
    ex.note.refused = true;
    say_not_revocable(ex, code);
}

bool credential_end::end_key(http::exchange& ex, std::string_view presented) {
    asker_ = &ex;
    ex.note.kind = "api_key";
    ex.charged.begin(core::charged_limits::stage::subject);
    const auto fingerprint = api_.verifier.fingerprint(presented);
    if (!fingerprint) {
        ex.reason = api_.verifier.why_malformed(presented);
        not_revoked(ex, auth::verdict::invalid_format);
        return false;
    }
    if (const auto why = api_.gate.unless_admitted(ex, counted::api_key, bytes_of(*fingerprint))) {
        ex.refuse(*why);
        return false;
    }
    key = *fingerprint;
    since = api_.held.now();
    organization = organization_bound(ex);
    api_.verifier.place(*this);
    api_.verifier.ask(*this);
    return true;
}

// Disabled and expired keys are ended, too, and from any address: whoever has found a key does good
// by that. So does whoever has the old secret while it works after a rotation; once it has retired,
// it is no secret of the key, and ends nothing.
bool credential_end::end_found(http::exchange& ex) {
    if (status == auth::lookup_status::unavailable) {
        refuse_undecided(ex, "the key", reason);
        return false;
    }
    if (status == auth::lookup_status::absent || hides(*record)) {
        if (organization && !is_held) {
            api_.held.hold(*this);
            return true;
        }
        not_revoked(ex, auth::verdict::not_found);
        return false;
    }
    ex.note.credential = record->key_id();
    ex.note.organization = record->organization_id();
    const auto retires_at = record->retires_at();
    if (retires_at && core::moment::now().real >= *retires_at) {
        not_revoked(ex, auth::verdict::expired);
        return false;
    }
    if (const auto why = organization_limit(api_.gate, ex)(*record)) {
        ex.refuse(*why);
        return false;
    }
    if (record->revoked()) {
        revoked(ex);
        return false;
    }
    ending_.key_id = record->key_id();
    ending_.by.actor = actor_of(ex, *record);
    return end(ex);
}

bool credential_end::end_token(http::exchange& ex, std::string_view text) {
    asker_ = &ex;
    ex.note.kind = "token";
    ex.charged.begin(core::charged_limits::stage::subject);
    auth::refused_token whose;
    const auth::token_request request{.audience = {},
                                      .scopes = {},
                                      .organization = organization_bound(ex),
                                      .any_audience = true,
                                      .to_be_ended = true,
                                      .refused = &whose};
    bool is_named = false;
    const auto shared = [&](const auth::token_record& found) {
        const auto& of = found.claims().organization_id;
        return of && !asks_for_itself(ex, *of)
                   ? api_.gate.unless_admitted(ex, counted::organization, *of)
                   : std::nullopt;
    };
    const auto valid = [&](const auth::token_record& found, auth::answer_source,
                           const core::moment&, const core::moment& now) {
        const auto& claims = found.claims();
        is_named = claims.token_id.has_value();
        whose.subject = claims.subject.value_or(std::string());
        whose.organization = claims.organization_id.value_or(std::string());
        ending_.key_id.reset();
        ending_.token = {};
        ending_.token.issuer = claims.issuer;
        ending_.token.token_id = claims.token_id;
        ending_.token.expires_at = claims.expires_at;
        // Else its end is kept for a token's life from now on, and it may begin later.
        if (!claims.expires_at && claims.issued_at > now.real)
            ending_.token.expires_at = claims.ends_at;
        ending_.by.actor = actor_of_token(ex, claims);
    };
    auto decided = api_.tokens.verify(text, request, {}, api_.read_clocks(), shared, valid);
    if (!decided.ask_for_keys_of.empty() && api_.jwks_nudges.lent() < nudges_max)
        api_.jwks_nudges.take().begin(std::move(decided.ask_for_keys_of));
    if (refuse_left_open(ex, api_, decided.refusal)) return false;
    api_.tokens.count(decided.what);
    ex.note.credential = std::move(whose.subject);
    ex.note.organization = std::move(whose.organization);
    if (decided.what == auth::verdict::invalid_format) ex.reason = api_.tokens.why_malformed(text);
    if (decided.what == auth::verdict::valid && !is_named)
        ex.reason = "it has no \"jti\", by which one token is ended";
    if (!decided.what)
        refuse_undecided(ex, "the token", decided.reason, decided.retry_after);
    else if (decided.refusal)
        ex.refuse(*decided.refusal);
    else if (*decided.what == auth::verdict::revoked)
        revoked(ex);
    else if (*decided.what != auth::verdict::valid)
        not_revoked(ex, *decided.what);
    else if (!is_named)
        not_revocable(ex, auth::verdict::invalid_format);
    else
        return end(ex);
    return false;
}

bool credential_end::end(http::exchange& ex) {
    ending_.by.request_id = ex.request_id;
    ending_.by.position.reset();
    is_ending_ = api_.send(ending_);
    if (!is_ending_) ex.refuse({503, "no credential can be revoked here"});
    return is_ending_;
}

bool credential_end::go_on(http::exchange& ex) {
    if (!is_ending_) return end_found(ex);
    tell(ex);
    return false;
}

void credential_end::tell(http::exchange& ex) {
    if (!ending_.failed) {
        const auto& change = ending_.by.position;
        return revoked(ex, change ? api_.receipt_for(*change) : std::nullopt);
    }
    switch (ending_.failed->kind) {
    case core::failure_kind::not_found:
        return not_revoked(ex, auth::verdict::not_found);
    case core::failure_kind::invalid: // its issuer's tokens are accepted without a look
        return not_revocable(ex, auth::verdict::issuer_mismatch);
    default:
        // The cause is not for strangers.
        ex.refuse({503, "the credential cannot be revoked now; try again"});
    }
}

void credential_end::forget() noexcept {
    api_.held.drop(*this);
    record.reset();
    status = auth::lookup_status::unavailable;
    organization.reset();
    ending_.failed.reset();
    is_ending_ = false;
    asker_ = nullptr;
}

} // namespace latchkey::api

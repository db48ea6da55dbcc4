// The exchange of an API key or a token for a narrower token of ours (RFC 8693). What comes out has
// no scope that went in without, ends no later, and falls with it: a key's token by the key, and a
// token's by its issuer's `jti` and `sub`, which the new token carries (revocation_set::keys_of).
// A token of ours becomes one for an audience that it has already; another issuer's token for one
// of its own, or for tokens.audience. Only a client that may issue tokens names any other. A key's
// token is for any audience, as the key's holder wishes.
#include "api/oauth/fields.hpp"
#include "api/oauth/token_request.hpp"

#include <latchkey/api/public_api.hpp>

#include <algorithm>

namespace latchkey::api::oauth {

namespace {

constexpr const auto& fields = token_fields;

bool is_among(std::span<const std::string_view> all, std::string_view one) {
    return std::ranges::find(all, one) != all.end();
}

} // namespace

bool token_request::read_exchange(http::exchange& ex) {
    const auto wrong = [&](const char* why) {
        oauth::refuse(ex, {"invalid_request", why});
        return false;
    };
    const auto& wanted = form_[fields["requested_token_type"]];
    if (form_[fields["actor_token"]].present || form_[fields["actor_token_type"]].present)
        return wrong("nobody acts for another here: actor_token is not taken");
    if (!form_[fields["subject_token"]].present || !form_[fields["subject_token_type"]].present)
        return wrong("an exchange needs subject_token and subject_token_type");
    if (!is_among(subject_types, form_[fields["subject_token_type"]].text))
        return wrong("subject_token_type must be that of an API key, an access token or a JWT");
    if (wanted.present && !is_among(issued_types, wanted.text))
        return wrong("requested_token_type must be that of an access token or a JWT");
    return true;
}

void token_request::begin_subject(http::exchange& ex) {
    // A client is told no more of other organizations' subjects than a caller of one.
    std::optional<std::string_view> only;
    if (is_client_known_) only = client_organization_;
    const auto text = form_[fields["subject_token"]].text;
    if (form_[fields["subject_token_type"]].text == api_key_type) {
        asks_ = asking::key;
        of_key_.presented = text;
        of_key_.request = {.scopes = wanted_.scopes, .ip = ex.caller().own_address()};
        of_key_.only = only;
        return follow(ex, of_key_.begin(ex));
    }
    asks_ = asking::token;
    of_token_.presented = text;
    of_token_.request = {};
    of_token_.request.scopes = wanted_.scopes;
    of_token_.only = only;
    of_token_.request.any_own_audience = true;
    of_token_.request.certificate = certificate_;
    of_token_.request.refuses_other_bindings = true;
    follow(ex, of_token_.begin(ex));
}

bool token_request::choose_audience(http::exchange& ex, const auth::token_claims& subject,
                                    bool is_own) {
    const auto wrong = [&](const char* why) {
        oauth::refuse(ex, {"invalid_target", why});
        return false;
    };
    if (!wanted_.audience && !is_own) return true; // tokens.audience
    if (!wanted_.audience) {
        if (subject.audiences.size() != 1)
            return wrong("the subject is not for exactly one audience: name one");
        wanted_.audience = subject.audiences.front();
        return true;
    }
    // What it would be for without a wish, it may be for by name, too.
    if (!is_own && *wanted_.audience == api_.token_issuer.default_audience()) return true;
    const auto& all = subject.audiences;
    if (client_issues_ || std::ranges::find(all, *wanted_.audience) != all.end()) return true;
    return wrong("the subject is for another audience, which only a client with the scope "
                 "\"latchkey:issue\" changes");
}

void token_request::answer(http::exchange& ex, const auth::api_key_record& found,
                           const finding& how) {
    found.copy_scopes(scopes_);
    auth::token_holder holder{auth::credential_kind::api_key,
                              found.key_id(),
                              found.organization_id(),
                              scopes_,
                              found.ends_at(),
                              found.generation()};
    if (is_client_known_) holder.client = shown_.id;
    issue(ex, holder, how.now);
}

void token_request::answer(http::exchange& ex, const auth::token_record& found,
                           const finding& how) {
    const auto& claims = found.claims();
    const bool own = is_own(api_, claims);
    if (!own && !is_client_known_)
        return refuse_client(ex, "only a client that proves itself exchanges others' tokens");
    // It carries one token that it falls with.
    const bool was_made_from_another = claims.subject_token_id || claims.subject_issuer;
    if (!claims.subject || (own && was_made_from_another))
        return oauth::refuse(ex, {"invalid_request",
                                  "a token without sub, or one that was exchanged, is not taken"});
    if (!choose_audience(ex, claims, own)) return;
    auto holder = api_.token_issuer.holder_of(claims);
    if (is_client_known_) holder.client = shown_.id;
    issue(ex, holder, how.now);
}

// Nobody learns which of them it is: unknown, wrong, ended or another organization's.
void token_request::refuse(http::exchange& ex, std::string&, auth::verdict why) {
    if (why == auth::verdict::insufficient_scopes)
        return oauth::refuse(ex,
                             {"invalid_scope", "the subject does not have all of these scopes"});
    oauth::refuse(ex, {"invalid_request", "the subject token is not good"});
}

void token_request::refuse_limited(http::exchange& ex, std::string&, const auth::key_limit& limit) {
    refuse_at_limit(ex, limit);
}

} // namespace latchkey::api::oauth

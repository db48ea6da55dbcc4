#include "api/oauth/revocation.hpp"

#include "api/oauth/errors.hpp"
#include "api/oauth/fields.hpp"
#include "api/oauth/introspection.hpp"
#include "api/oauth/parts.hpp"
#include "api/public/verification.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/http/response.hpp>

namespace latchkey::api::oauth {

namespace {

constexpr const auto& fields = revocation_fields;

// Clients ignore the body (RFC 7009, section 2.2).
void answer_done(http::exchange& ex, const std::optional<std::string>& receipt = std::nullopt) {
    const auto body = receipt ? R"({"receipt":")" + *receipt + "\"}" : "{}"; // base64url
    ex.answer(200, http::json_type, body, "Cache-Control: no-store\r\n");
}

} // namespace

void revoke(http::exchange& ex, public_api& api) {
    api.oauth_parts->revocations.take().handle(ex);
}

void revocation::handle(http::exchange& ex) {
    is_of_client_ = is_client_known_ = is_counted_ = false;
    follow(ex, read(ex) && begin(ex));
}

bool revocation::read(http::exchange& ex) {
    if (refuse_query(ex)) return false;
    auto why = http::unless_form(ex.request);
    if (!why) why = form_.read(ex.request.body, fields);
    if (why) refuse_body(ex, *why);
    return !why;
}

bool revocation::begin(http::exchange& ex) {
    switch (read_client(ex.request, form_[fields["client_id"]], form_[fields["client_secret"]],
                        shown_, texts_)) {
    case client_presented::none:
        return end_token_of(ex);
    case client_presented::one:
        is_of_client_ = true;
        return after_client(ex, client_.begin(ex, shown_, {}));
    case client_presented::several:
        refuse_several_clients(ex);
        return false;
    case client_presented::misshapen:
        refuse_misshapen_client(ex);
        return false;
    }
    return false;
}

bool revocation::after_client(http::exchange& ex, credential_check::progress now) {
    if (now == credential_check::progress::waiting) return true;
    is_of_client_ = false;
    return is_client_known_ && end_token_of(ex);
}

// From here on it counts among those that end something.
bool revocation::end_token_of(http::exchange& ex) {
    if (refuse_ending(ex, api_)) return false;
    is_counted_ = true;
    ++api_.oauth_parts->ending;
    const auto text = form_[fields["token"]].text;
    const bool is_token = is_read_as_token(text, form_[fields["token_type_hint"]].text);
    return is_token ? end_token(ex, text) : end_key(ex, text);
}

void revocation::finish(http::exchange& ex) {
    follow(ex, is_of_client_ ? after_client(ex, client_.go_on(ex)) : go_on(ex));
}

void revocation::follow(http::exchange& ex, bool waits) {
    if (waits) return ex.wait_for(*this);
    if (is_counted_) --api_.oauth_parts->ending;
    forget();
    client_.reset();
    form_.clear();
    texts_ = {};
    api_.oauth_parts->revocations.give_back(*this);
}

void revocation::say_revoked(http::exchange& ex, const std::optional<std::string>& receipt) {
    answer_done(ex, receipt);
}

void revocation::say_not_revoked(http::exchange& ex, auth::verdict) {
    answer_done(ex);
}

void revocation::say_not_revocable(http::exchange& ex, auth::verdict) {
    refuse(ex, {"unsupported_token_type", "nothing can end such a token before its time"});
}

} // namespace latchkey::api::oauth

#include "api/oauth/token_request.hpp"

#include "api/oauth/fields.hpp"
#include "api/oauth/parts.hpp"
#include "api/public/verification.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/core/text/json_member.hpp>

namespace latchkey::api::oauth {

namespace {

constexpr const auto& fields = token_fields;

// RFC 6749, section 5.1: caches of HTTP/1.0 as well.
constexpr std::string_view kept_by_nobody = "Cache-Control: no-store\r\nPragma: no-cache\r\n";

void write(std::string& out, const auth::issued_token& issued, bool in_exchange) {
    out.clear();
    core::append_member(out, R"({"access_token":)", issued.text.reveal());
    if (in_exchange) core::append_member(out, R"(,"issued_token_type":)", access_token_type);
    out += R"(,"token_type":"Bearer","expires_in":)" + std::to_string(issued.expires_in.count());
    if (!issued.scopes.empty()) {
        std::string scope;
        for (const auto one : issued.scopes)
            (scope += scope.empty() ? "" : " ") += one;
        core::append_member(out, R"(,"scope":)", scope);
    }
    out += '}';
}

} // namespace

void give_token(http::exchange& ex, public_api& api) {
    api.oauth_parts->token_requests.take().handle(ex);
}

void token_request::handle(http::exchange& ex) {
    if (!read(ex)) return end();
    begin(ex);
}

bool token_request::read(http::exchange& ex) {
    if (refuse_query(ex)) return false;
    auto why = http::unless_form(ex.request);
    if (!why) why = form_.read(ex.request.body, fields);
    if (why) {
        refuse_body(ex, *why);
        return false;
    }
    const auto grant = form_[fields["grant_type"]].text;
    exchanges_ = grant == exchange_grant;
    if (!exchanges_ && grant != client_credentials_grant) {
        oauth::refuse(ex, {"unsupported_grant_type",
                           "grant_type must be client_credentials or a token exchange"});
        return false;
    }
    return (!exchanges_ || read_exchange(ex)) && read_order(ex) && read_certificate(ex);
}

bool token_request::read_order(http::exchange& ex) {
    auto wrong = read_wanted(form_[fields["scope"]], form_[fields["resource"]],
                             form_[fields["audience"]], wanted_);
    if (!wrong && api_.token_issuer.complaint_about({.audience = wanted_.audience}))
        wrong = error{"invalid_target", "the resource or audience is too long"};
    if (wrong) {
        oauth::refuse(ex, *wrong);
        return false;
    }
    if (const auto cannot = why_no_token(api_)) {
        ex.refuse(*cannot);
        return false;
    }
    return true;
}

// A token that should be bound must not come out unbound.
bool token_request::read_certificate(http::exchange& ex) {
    const auto* shown = api_.callers.clients_certificate(ex);
    certificate_ = shown ? std::string_view(shown->thumbprint) : std::string_view();
    if (!shown || !certificate_.empty()) return true;
    ex.refuse({503, "the client's certificate cannot be read now"});
    return false;
}

void token_request::begin(http::exchange& ex) {
    is_client_known_ = client_issues_ = false;
    asks_ = asking::client;
    switch (read_client(ex.request, form_[fields["client_id"]], form_[fields["client_secret"]],
                        shown_, texts_)) {
    case client_presented::one:
        return follow(
            ex, client_.begin(ex, shown_,
                              exchanges_ ? std::span<const std::string_view>() : wanted_.scopes));
    case client_presented::none:
        if (exchanges_) return begin_subject(ex);
        refuse_client(ex, "there is no client: send its id and its secret");
        break;
    case client_presented::several:
        refuse_several_clients(ex);
        break;
    case client_presented::misshapen:
        refuse_misshapen_client(ex);
        break;
    }
    end();
}

void token_request::follow(http::exchange& ex, progress now) {
    if (now == progress::waiting) return ex.wait_for(*this);
    if (exchanges_ && asks_ == asking::client && is_client_known_) return begin_subject(ex);
    end();
}

void token_request::finish(http::exchange& ex) {
    switch (asks_) {
    case asking::client:
        return follow(ex, client_.go_on(ex));
    case asking::key:
        return follow(ex, of_key_.go_on(ex));
    case asking::token:
        return follow(ex, of_token_.go_on(ex));
    }
}

void token_request::take_client(http::exchange& ex, const auth::token_holder& holder,
                                auth::caller_scopes may, const finding& how) {
    if (!exchanges_) return issue(ex, holder, how.now);
    is_client_known_ = true;
    client_issues_ = may.reach(auth::caller_right::issue) != auth::caller_reach::none;
    client_organization_ = holder.organization_id;
}

void token_request::issue(http::exchange& ex, const auth::token_holder& holder,
                          const core::moment& now) {
    auth::token_order order{.audience = wanted_.audience};
    if (wanted_.names_scopes) order.scopes = wanted_.scopes;
    order.certificate = certificate_;
    const auto issued = api_.token_issuer.issue(holder, order, now);
    if (!issued && issued.error().kind == core::failure_kind::invalid) {
        if (exchanges_) return refuse(ex, api_.body, auth::verdict::expired);
        return refuse_client(ex, auth::verdict::expired);
    }
    if (!issued) return ex.refuse({503, "no token can be issued now; the server's log says why"});
    write(api_.body, *issued, exchanges_);
    ex.answer(200, http::json_type, api_.body, kept_by_nobody);
}

void token_request::end() noexcept {
    client_.reset();
    of_key_.reset();
    of_token_.reset();
    form_.clear();
    texts_ = {};
    api_.oauth_parts->token_requests.give_back(*this);
}

} // namespace latchkey::api::oauth

#include "api/forward/forward_auth.hpp"

#include "api/forward/demands.hpp"
#include "api/forward/forward_answer.hpp"
#include "api/forward/kept_tokens.hpp"
#include "api/oauth/parts.hpp"
#include "api/public/verification.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/core/release_excess.hpp>

namespace latchkey::api {

namespace {

constexpr std::string_view prefix = "/forward-auth";
constexpr std::size_t scopes_kept = 64; // the capacity that an idle question may keep

std::string_view name_of(forwarded_credential::kind what) noexcept {
    using enum forwarded_credential::kind;
    return what == api_key ? "api_key" : what == token ? "token" : "device";
}

} // namespace

bool is_forward_auth(std::string_view path) noexcept {
    return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

void forward_auth(http::exchange& ex, public_api& api) {
    if (api.admit(ex)) api.forward_questions.take().handle(ex);
}

void forward_question::handle(http::exchange& ex) {
    if (!read(ex)) return end();
    ask(ex);
}

bool forward_question::read(http::exchange& ex) {
    const auto why = api_.demands->find(ex.request, demand_);
    if (!why.empty()) {
        ex.note.verdict = why;
        ex.refuse_without_body(403, why, "X-Auth-Cache: none\r\n");
        return false;
    }
    if (demand_->policy.token)
        if (const auto cannot = why_no_token(api_)) {
            ex.refuse(*cannot);
            return false;
        }
    const auto refuse_with = [&](std::string_view code, std::string_view error) {
        demand_credential(ex, code, error, api_.oauth_parts->about.resource_url());
        return false;
    };
    switch (read_credential(ex.request, credential_, buffer_)) {
    case presented::one:
        return true;
    case presented::missing:
        return refuse_with("CREDENTIAL_MISSING", {});
    case presented::repeated:
        return refuse_with("CREDENTIAL_REPEATED", "invalid_request");
    case presented::disagreeing:
        return refuse_with("CREDENTIALS_DISAGREE", "invalid_request");
    case presented::misshapen:
        return refuse_with("INVALID_FORMAT", "invalid_request");
    }
    return false;
}

void forward_question::ask(http::exchange& ex) {
    switch (credential_.what) {
    case forwarded_credential::kind::api_key:
        of_key_.presented = credential_.text;
        of_key_.request = {.scopes = demand_->scopes,
                           .ip = ex.caller().own_address(),
                           .cost = demand_->policy.cost,
                           .organizations = demand_->organizations,
                           .permissions = demand_->permissions()};
        return follow(ex, of_key_, of_key_.begin(ex));
    case forwarded_credential::kind::device:
        of_device_.device_id = credential_.text;
        of_device_.device_secret = credential_.secret;
        of_device_.request = {.scopes = demand_->scopes,
                              .organizations = demand_->organizations,
                              .permissions = demand_->permissions()};
        return follow(ex, of_device_, of_device_.begin(ex));
    case forwarded_credential::kind::token:
        of_token_.presented = credential_.text;
        of_token_.request = {
            .audience = {}, .scopes = demand_->scopes, .organizations = demand_->organizations};
        of_token_.request.permissions = demand_->permissions();
        if (demand_->policy.audience) of_token_.request.audience = *demand_->policy.audience;
        // Nobody here knows what the gateway's client has shown.
        of_token_.request.certificate = std::string_view();
        of_token_.request.refuses_other_bindings = true;
        return follow(ex, of_token_, of_token_.begin(ex));
    }
}

void forward_question::follow(http::exchange& ex, credential_check& check,
                              credential_check::progress progress) {
    if (progress == credential_check::progress::waiting) return ex.wait_for(*this);
    check.reset();
    end();
}

void forward_question::finish(http::exchange& ex) {
    switch (credential_.what) {
    case forwarded_credential::kind::api_key:
        return follow(ex, of_key_, of_key_.go_on(ex));
    case forwarded_credential::kind::device:
        return follow(ex, of_device_, of_device_.go_on(ex));
    case forwarded_credential::kind::token:
        return follow(ex, of_token_, of_token_.go_on(ex));
    }
}

// --- answers -----------------------------------------------------------------------------------

void forward_question::answer(http::exchange& ex, const auth::api_key_record& found,
                              const finding& how) {
    found.copy_scopes(scopes_);
    pass(ex,
         {auth::credential_kind::api_key, found.key_id(), found.organization_id(), scopes_,
          found.ends_at(), found.generation()},
         how);
}

void forward_question::answer(http::exchange& ex, const auth::device_record& found,
                              const finding& how) {
    const auto& facts = found.facts();
    pass(ex,
         {auth::credential_kind::device, facts.device_id, facts.organization_id, facts.scopes,
          std::nullopt, facts.generation},
         how);
}

// The new token falls with what was presented, and with what that was made from.
void forward_question::answer(http::exchange& ex, const auth::token_record& found,
                              const finding& how) {
    const auto& claims = found.claims();
    pass(ex, api_.token_issuer.holder_of(claims), how,
         claims.subject_issuer ? *claims.subject_issuer : claims.issuer);
}

void forward_question::pass(http::exchange& ex, const auth::token_holder& holder,
                            const finding& how, std::string_view whose) {
    std::string_view token;
    if (demand_->policy.token) {
        const auto made = api_.kept_tokens->token_for(holder, *demand_, how.now);
        if (!made) {
            if (made.error().kind == core::failure_kind::invalid)
                return refuse(ex, api_.body, auth::verdict::expired);
            return ex.refuse({503, "no token can be issued now"});
        }
        token = *made;
    }
    allow(ex, api_.body,
          {name_of(credential_.what), holder.id, holder.organization_id, whose, holder.scopes}, how,
          token);
}

void forward_question::refuse(http::exchange& ex, std::string& buffer, auth::verdict why) {
    forbid(ex, buffer, why, demand_->scopes, api_.oauth_parts->about.resource_url());
}

void forward_question::refuse_limited(http::exchange& ex, std::string&,
                                      const auth::key_limit& limit) {
    const bool never = limit.said.retry_after == core::rate_decision::never;
    const auto wait = never ? limit.said.full_after : limit.said.retry_after;
    const auto seconds = std::max<std::uint64_t>(1, http::seconds_until(wait));
    ex.refuse_without_body(429, auth::code_of(auth::verdict::rate_limited),
                           "X-Auth-Cache: none\r\nRetry-After: " + std::to_string(seconds) +
                               "\r\n");
}

void forward_question::end() {
    demand_.reset();
    core::release_excess(scopes_, scopes_kept);
    api_.forward_questions.give_back(*this);
}

} // namespace latchkey::api

// POST /api/v1/auth/generate-token: a short-lived access token for the holder of a good credential
//   {api_key, ip?} or {device_id, device_secret}; audience?, scopes?, expires_in?
//   `ip` counts only from trusted callers; else, or without it, the client's own address counts
//   200 {valid, code, access_token, token_type, expires_in, scopes}
//   400 malformed, or not one credential   415 not JSON   429 limited
//   503 the credential cannot be verified, or no token can be signed
#include "api/public/generate_token.hpp"

#include "api/public/fields.hpp"
#include "api/public/verification.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/core/release_excess.hpp>
#include <latchkey/core/text/json_text.hpp>

namespace latchkey::api {

namespace {

constexpr const auto& fields = grant_fields;
constexpr std::size_t scopes_kept = 64; // the capacity that an idle grant may keep

void write(std::string& out, const auth::issued_token& issued) {
    out = R"({"valid":true,"code":"VALID","access_token":)";
    core::append_json_string(out, issued.text.reveal());
    out += R"(,"token_type":"Bearer","expires_in":)" + std::to_string(issued.expires_in.count());
    out += R"(,"scopes":[)";
    for (const auto scope : issued.scopes) {
        if (out.back() != '[') out += ',';
        core::append_json_string(out, scope);
    }
    out += "]}";
}

} // namespace

void generate_token(http::exchange& ex, public_api& api) {
    api.token_grants.take().handle(ex);
}

std::optional<http::refusal> token_grant::read(http::exchange& ex) {
    if (auto why = body_.read(ex.request.body, fields)) return why;
    is_of_device_ = body_[fields["device_id"]].present || body_[fields["device_secret"]].present;
    if (is_of_device_ && body_[fields["api_key"]].present)
        return http::refusal{400, "send one credential: an \"api_key\", or \"device_id\" and "
                                  "\"device_secret\", not both"};
    if (auto why = is_of_device_ ? read_device() : read_key(ex)) return why;
    return read_order();
}

std::optional<http::refusal> token_grant::read_key(http::exchange& ex) {
    if (!body_[fields["api_key"]].present)
        return http::refusal{400,
                             "there is no credential: send an \"api_key\", or \"device_id\" and "
                             "\"device_secret\""};
    of_key_.presented = body_[fields["api_key"]].text;
    of_key_.request = {.scopes = body_[fields["scopes"]].texts, .ip = ex.caller().own_address()};
    // The holder of the API key asks here, and would give an address that the key's list allows.
    if (!ex.caller().trusted) return std::nullopt;
    return read_address(body_[fields["ip"]], of_key_.request.ip);
}

std::optional<http::refusal> token_grant::read_device() {
    if (!body_[fields["device_id"]].present || !body_[fields["device_secret"]].present)
        return http::refusal{400,
                             "\"device_id\" and \"device_secret\" go together: one is missing"};
    if (body_[fields["ip"]].present)
        return http::refusal{400,
                             "field \"ip\" goes with an \"api_key\": devices have no address list"};
    of_device_.device_id = body_[fields["device_id"]].text;
    of_device_.device_secret = body_[fields["device_secret"]].text;
    of_device_.request = {.scopes = body_[fields["scopes"]].texts};
    return std::nullopt;
}

std::optional<http::refusal> token_grant::read_order() {
    order_ = {};
    if (body_[fields["audience"]].present) order_.audience = body_[fields["audience"]].text;
    if (body_[fields["scopes"]].present) order_.scopes = body_[fields["scopes"]].texts;
    if (body_[fields["expires_in"]].present)
        order_.expires_in = core::seconds(body_[fields["expires_in"]].integer);
    if (auto wrong = api_.token_issuer.complaint_about(order_)) return http::refusal{400, *wrong};
    return why_no_token(api_);
}

credential_check& token_grant::check() {
    if (is_of_device_) return of_device_;
    return of_key_;
}

void token_grant::answer(http::exchange& ex, const auth::api_key_record& found,
                         const finding& how) {
    found.copy_scopes(scopes_);
    issue(ex,
          {auth::credential_kind::api_key, found.key_id(), found.organization_id(), scopes_,
           found.ends_at(), found.generation()},
          how.now);
}

void token_grant::answer(http::exchange& ex, const auth::device_record& found, const finding& how) {
    const auto& facts = found.facts();
    issue(ex,
          {auth::credential_kind::device, facts.device_id, facts.organization_id, facts.scopes,
           std::nullopt, facts.generation},
          how.now);
}

void token_grant::issue(http::exchange& ex, const auth::token_holder& holder,
                        const core::moment& now) {
    const auto issued = api_.token_issuer.issue(holder, order_, now);
    if (!issued) return refuse_unissued(ex, api_.body, issued.error());
    write(api_.body, *issued);
    ex.answer(200, http::json_type, api_.body, "Cache-Control: no-store\r\n");
}

void token_grant::give_back() {
    core::release_excess(scopes_, scopes_kept);
    api_.token_grants.give_back(*this);
}

} // namespace latchkey::api

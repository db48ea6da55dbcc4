// POST /api/v1/auth/generate-token: a short-lived access token for the holder of a good key
//   {api_key, audience?, scopes?, expires_in?, ip?}
//   200 {valid, code, access_token, token_type, expires_in, scopes}
//   400 malformed   415 not JSON   503 the key cannot be verified, or nothing can be signed
#include <latchkey/http/endpoints/generate_token.hpp>

#include "verification.hpp"

#include <latchkey/core/json_text.hpp>
#include <latchkey/http/public_api.hpp>

#include <array>

namespace latchkey::http {

namespace {

enum : std::size_t { api_key, audience, scopes, expires_in, ip };
constexpr std::array<json_field, 5> fields = {{{"api_key", json_kind::text, true},
                                               {"audience", json_kind::text},
                                               {"scopes", json_kind::texts},
                                               {"expires_in", json_kind::integer},
                                               {"ip", json_kind::text}}};

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

void generate_token(exchange& ex, public_api& api) {
    api.token_grants.take().ask(ex);
}

std::optional<refusal> token_grant::read(std::string_view body) {
    if (auto why = body_.read(body, fields)) return why;
    presented_ = body_[api_key].text;
    request_ = {.scopes = body_[scopes].texts, .ip = std::nullopt};
    if (auto why = read_address(body_[ip], request_.ip)) return why;
    order_ = {};
    if (body_[audience].present) order_.audience = body_[audience].text;
    if (body_[scopes].present) order_.scopes = body_[scopes].texts;
    if (body_[expires_in].present) order_.expires_in = core::seconds(body_[expires_in].integer);
    if (auto wrong = api_.token_issuer.complaint_about(order_)) return refusal{400, *wrong};
    return std::nullopt;
}

void token_grant::answer(exchange& ex, const auth::api_key_record& found, auth::answer_source,
                         const core::moment&, const core::moment& now) {
    const auto& facts = found.facts();
    const auto issued = api_.token_issuer.issue(
        {facts.key_id, facts.organization_id, facts.scopes, facts.expires_at}, order_, now);
    if (issued) {
        write(api_.body, *issued);
        return ex.answer(200, json_type, api_.body, "Cache-Control: no-store\r\n");
    }
    if (issued.error().kind == core::failure_kind::invalid)
        return answer_invalid(ex, api_.body, auth::verdict::expired);
    ex.refuse(503, "no token can be issued now: " + issued.error().message, "Retry-After: 1\r\n");
}

void token_grant::give_back() {
    api_.token_grants.give_back(*this);
}

} // namespace latchkey::http

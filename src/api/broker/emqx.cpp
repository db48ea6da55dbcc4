// POST /integrations/emqx: may this client connect, and what may it do? For EMQX's HTTP
// authenticator.
//   {username, password, clientid, peerhost?}; the username is a device's id and the password its
//   secret, or they are a key's id and an API key of ours
//   200 {"result":"allow","client_attrs","acl","expire_at"?}; nobody is a superuser
//   200 {"result":"deny"}, whatever else there is to say
#include "api/broker/emqx.hpp"

#include "api/broker/broker_paths.hpp"
#include "api/broker/emqx_rules.hpp"
#include "api/public/fields.hpp"
#include "api/public/verification.hpp"

#include <latchkey/api/public_api.hpp>
#include <latchkey/auth/api_key/api_key.hpp>
#include <latchkey/core/release_excess.hpp>
#include <latchkey/core/text/json_text.hpp>

namespace latchkey::api {

namespace {

constexpr const auto& fields = emqx_fields;
constexpr std::size_t scopes_kept = 64; // the capacity that an idle question may keep
constexpr std::string_view unkept = "Cache-Control: no-store\r\n";

void append_member(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    core::append_json_string(out, value);
}

void append_rules(std::string& out, std::span<const broker::topic_rule> rules) {
    out += R"(,"acl":[)";
    for (const auto& rule : broker::emqx_rules_of(rules)) {
        if (out.back() != '[') out += ',';
        append_member(out, R"({"permission":)", rule.permission);
        append_member(out, R"(,"action":)", rule.action);
        append_member(out, R"(,"topic":)", rule.topic);
        out += '}';
    }
    out += ']';
}

} // namespace

void ask_for_emqx(http::exchange& ex, public_api& api) {
    api.emqx_questions.take().handle(ex);
}

std::optional<http::refusal> emqx_question::read(http::exchange& ex) {
    if (auto why = body_.read(ex.request.body, fields)) return why;
    const auto username = body_[fields["username"]].text;
    const auto password = body_[fields["password"]].text;
    is_of_key_ = auth::classify_api_key(password) == auth::api_key_shape::own;
    if (!is_of_key_) {
        of_device_.device_id = username;
        of_device_.device_secret = password;
        of_device_.request = {};
        return std::nullopt;
    }
    of_key_.presented = password;
    of_key_.request = {};
    return read_address(body_[fields["peerhost"]], of_key_.request.ip);
}

credential_check& emqx_question::check() {
    if (is_of_key_) return of_key_;
    return of_device_;
}

// The username goes into EMQX's placeholders, and into its log.
void emqx_question::answer(http::exchange& ex, const auth::api_key_record& found, const finding&) {
    if (found.key_id() != body_[fields["username"]].text) {
        note_verdict(ex, auth::verdict::invalid_credentials, found.key_id(),
                     found.organization_id());
        ex.note.reason = "the username is not the key's id";
        return refuse(ex, api_.body, auth::verdict::invalid_credentials);
    }
    found.copy_scopes(scopes_);
    let_in(ex, "api_key", found.key_id(), found.organization_id(), scopes_, found.ends_at());
}

void emqx_question::answer(http::exchange& ex, const auth::device_record& found, const finding&) {
    const auto& facts = found.facts();
    let_in(ex, "device", facts.device_id, facts.organization_id, facts.scopes, std::nullopt);
}

void emqx_question::let_in(http::exchange& ex, std::string_view kind, std::string_view id,
                           std::string_view organization, std::span<const std::string> scopes,
                           std::optional<core::real_time> expires_at) {
    const auto rules = broker::topic_rules_of(scopes, id, body_[fields["clientid"]].text,
                                              api_.broker_settings.topic_rules_max);
    if (!rules) {
        note_verdict(ex, auth::verdict::insufficient_scopes, id, organization);
        ex.note.reason = "it has more topic rules than auth.topic_rules_max";
        return refuse(ex, api_.body, auth::verdict::insufficient_scopes);
    }
    auto& out = api_.body;
    out = R"({"result":"allow","client_attrs":)";
    append_member(out, R"({"kind":)", kind);
    append_member(out, R"(,"id":)", id);
    append_member(out, R"(,"organization_id":)", organization);
    out += '}';
    if (expires_at)
        out += R"(,"expire_at":)" +
               std::to_string(
                   std::chrono::floor<core::seconds>(*expires_at).time_since_epoch().count());
    append_rules(out, *rules);
    out += '}';
    ex.answer(200, http::json_type, out, unkept);
}

void emqx_question::refuse(http::exchange& ex, std::string&, auth::verdict) {
    ex.answer(200, broker::emqx_refusal.content_type, broker::emqx_refusal.body, unkept);
}

void emqx_question::refuse_limited(http::exchange& ex, std::string& buffer,
                                   const auth::key_limit&) {
    refuse(ex, buffer, auth::verdict::rate_limited);
}

void emqx_question::give_back() {
    core::release_excess(scopes_, scopes_kept);
    api_.emqx_questions.give_back(*this);
}

} // namespace latchkey::api

#include "api/admin/api_key_json.hpp"

#include <latchkey/api/admin_requests.hpp>
#include <latchkey/auth/credit/credit_store.hpp>

#include <chrono>

namespace latchkey::api {

core::json_value json_of(const std::optional<core::rate_rule>& rule, bool is_fleet) {
    if (!rule) return nullptr;
    auto out =
        core::json_object({{"quantity", rule->quantity()},
                           {"window", std::chrono::ceil<core::seconds>(rule->window()).count()},
                           {"burst", rule->burst()}});
    if (!is_fleet) return out;
    out.text.back() = ',';
    out.text += R"("scope":"fleet"})";
    return out;
}

core::json_value json_of(const std::optional<auth::previous_generation>& previous) {
    if (!previous) return nullptr;
    return core::json_object(
        {{"until", previous->until}, {"last_used_at", previous->last_used_at}});
}

core::json_value json_of(const auth::stored_api_key& key, std::optional<std::string_view> api_key) {
    auto out = core::json_object({{"hint", key.hint},
                                  {"organization_id", key.organization_id},
                                  {"name", key.name},
                                  {"external_id", key.external_id},
                                  {"scopes", key.scopes},
                                  {"roles", key.roles},
                                  {"metadata", core::compact_json(key.metadata)},
                                  {"allowed_ips", key.allowed_networks},
                                  {"enabled", key.enabled},
                                  {"state", key.state},
                                  {"expires_at", key.expires_at},
                                  {"revoked_at", key.revoked_at},
                                  {"reason", key.revoked_reason},
                                  {"rate_limit", json_of(key.rate_limit, key.rate_limit_is_fleet)},
                                  {"credits", json_of(key.credits)},
                                  {"generation", key.generation},
                                  {"previous", json_of(key.previous)},
                                  {"origin", key.origin},
                                  {"created_at", key.created_at},
                                  {"last_used_at", key.last_used_at},
                                  {"uses", key.uses}});
    auto first = api_key ? core::json_object({{"key_id", key.key_id}, {"api_key", *api_key}})
                         : core::json_object({{"key_id", key.key_id}});
    first.text.back() = ',';
    first.text += std::string_view(out.text).substr(1);
    return first;
}

core::json_value json_of(const std::optional<auth::credit_account>& credits) {
    if (!credits) return nullptr;
    core::json_value refill = nullptr;
    if (const auto& r = credits->refill)
        refill = core::json_object({{"amount", r->amount}, {"every", r->every.count()}});
    return core::json_object({{"kind", credits->is_of_owner ? "owner" : "key"},
                              {"remaining", credits->remaining},
                              {"leased", credits->leased},
                              {"unaccounted", credits->unaccounted},
                              {"spent", credits->spent},
                              {"refill", refill},
                              {"refills_at", credits->refills_at}});
}

core::json_value account_json(const auth::credit_account& account) {
    auto out = core::json_object({{"key_id", account.key_id},
                                  {"organization_id", account.organization_id},
                                  {"external_id", account.external_id}});
    out.text.back() = ',';
    out.text += std::string_view(json_of(std::optional(account)).text).substr(1);
    return out;
}

std::optional<http::refusal> read_refill(std::string_view text, auth::credit_refill& out) {
    constexpr const auto& fields = admin_requests::refill;
    http::json_body refill;
    if (const auto why = refill.read(text, fields))
        return http::refusal{422, "field \"refill\": " + why->detail};
    out = {refill[fields["amount"]].integer, core::seconds(refill[fields["every"]].integer)};
    if (auto wrong = auth::check_refill(out))
        return http::refusal{422, "field \"refill\": " + *wrong};
    return std::nullopt;
}

std::optional<http::refusal> read_credits(std::string_view text, auth::given_credits& out) {
    constexpr const auto& fields = admin_requests::given_credits;
    http::json_body credits;
    if (const auto why = credits.read(text, fields))
        return http::refusal{422, "field \"credits\": " + why->detail};
    out.remaining = credits[fields["remaining"]].integer;
    const auto& refill = credits[fields["refill"]];
    return refill.present ? read_refill(refill.text, out.refill.emplace()) : std::nullopt;
}

std::optional<http::refusal> read_limit(std::string_view text, auth::rate_limit_request& out) {
    constexpr const auto& fields = admin_requests::rate_limit;
    http::json_body limit;
    if (const auto why = limit.read(text, fields))
        return http::refusal{422, "field \"rate_limit\": " + why->detail};
    out = {limit[fields["quantity"]].integer, core::seconds(limit[fields["window"]].integer),
           std::nullopt, false};
    const auto& burst = limit[fields["burst"]];
    if (burst.present) out.burst = burst.integer;
    const auto& scope = limit[fields["scope"]];
    if (!scope.present) return std::nullopt;
    out.is_fleet = scope.text == auth::rate_scope_name(true);
    if (!out.is_fleet && scope.text != auth::rate_scope_name(false))
        return http::refusal{422,
                             "field \"rate_limit\": field \"scope\" must be \"node\" or \"fleet\""};
    return std::nullopt;
}

} // namespace latchkey::api

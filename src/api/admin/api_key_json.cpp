#include "api/admin/api_key_json.hpp"

#include <latchkey/api/admin_requests.hpp>

#include <chrono>

namespace latchkey::api {

core::json_value json_of(const std::optional<core::rate_rule>& rule) {
    if (!rule) return nullptr;
    return core::json_object({{"quantity", rule->quantity()},
                              {"window", std::chrono::ceil<core::seconds>(rule->window()).count()},
                              {"burst", rule->burst()}});
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
                                  {"rate_limit", json_of(key.rate_limit)},
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

std::optional<http::refusal> read_limit(std::string_view text, auth::rate_limit_request& out) {
    constexpr const auto& fields = admin_requests::rate_limit;
    http::json_body limit;
    if (const auto why = limit.read(text, fields))
        return http::refusal{422, "field \"rate_limit\": " + why->detail};
    out = {limit[fields["quantity"]].integer, core::seconds(limit[fields["window"]].integer),
           std::nullopt};
    const auto& burst = limit[fields["burst"]];
    if (burst.present) out.burst = burst.integer;
    return std::nullopt;
}

} // namespace latchkey::api

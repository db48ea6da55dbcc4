// POST /admin/v1/api-keys: make an API key; the answer shows it once
//   {organization_id, name, scopes?, expires_in?, external_id?, metadata?, allowed_ips?, env?,
//    rate_limit?:{quantity, window, burst?}}
//   201 {key_id, api_key, organization_id, name, external_id, scopes, metadata, allowed_ips,
//        expires_at, rate_limit, created_at}   404 no such organization   422 bad input
#include "api/admin/asked_by.hpp"
#include "api/admin/endpoints.hpp"

#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/api/admin_requests.hpp>
#include <latchkey/auth/api_key/create_api_key.hpp>
#include <latchkey/core/text/json_object.hpp>

#include <chrono>

namespace latchkey::api {

namespace {

constexpr const auto& fields = admin_requests::create_api_key;
constexpr const auto& limit_fields = admin_requests::rate_limit;

// Returns nullopt if all is well.
std::optional<http::refusal> read_limit(std::string_view text,
                                        std::optional<auth::rate_limit_request>& out) {
    http::json_body limit;
    if (const auto why = limit.read(text, limit_fields))
        return http::refusal{422, "field \"rate_limit\": " + why->detail};
    out = {limit[limit_fields["quantity"]].integer,
           core::seconds(limit[limit_fields["window"]].integer), std::nullopt};
    const auto& burst = limit[limit_fields["burst"]];
    if (burst.present) out->burst = burst.integer;
    return std::nullopt;
}

std::optional<http::refusal> read(const http::json_body& body,
                                  auth::create_api_key_request& asked) {
    take(body[fields["organization_id"]], asked.organization_id);
    take(body[fields["name"]], asked.name);
    take(body[fields["scopes"]], asked.scopes);
    take(body[fields["allowed_ips"]], asked.allowed_ips);
    take(body[fields["external_id"]], asked.external_id);
    take(body[fields["metadata"]], asked.metadata);
    take(body[fields["env"]], asked.env);
    const auto& expires_in = body[fields["expires_in"]];
    if (expires_in.present) asked.expires_in = core::seconds(expires_in.integer);
    const auto& limit = body[fields["rate_limit"]];
    return limit.present ? read_limit(limit.text, asked.rate_limit) : std::nullopt;
}

core::json_value json_of(const std::optional<core::rate_rule>& rule) {
    if (!rule) return nullptr;
    return core::json_object({{"quantity", rule->quantity()},
                              {"window", std::chrono::ceil<core::seconds>(rule->window()).count()},
                              {"burst", rule->burst()}});
}

core::json_value json_of(const auth::created_api_key& made) {
    const auto& row = made.stored;
    return core::json_object({{"key_id", row.key_id},
                              {"api_key", made.api_key.reveal()},
                              {"organization_id", row.organization_id},
                              {"name", row.name},
                              {"external_id", row.external_id},
                              {"scopes", row.scopes},
                              {"metadata", core::compact_json(row.metadata)},
                              {"allowed_ips", row.allowed_networks},
                              {"expires_at", row.expires_at},
                              {"rate_limit", json_of(row.rate_limit)},
                              {"created_at", made.created_at}});
}

} // namespace

core::task<reply> create_api_key(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (const auto why = read_body(ex.request, body, fields)) co_return *why;
    auth::create_api_key_request asked;
    if (const auto why = read(body, asked)) co_return *why;

    auto by = asked_by(ex);
    const auto made = co_await auth::create_api_key(api.store, std::move(asked),
                                                    std::chrono::system_clock::now(), by);
    if (!made) co_return made.error();
    co_return reply(201, json_of(*made).text);
}

} // namespace latchkey::api

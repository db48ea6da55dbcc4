// POST /admin/v1/api-keys: make an API key; the answer shows it once
//   {organization_id, name, scopes?, expires_in?, external_id?, metadata?, allowed_ips?, env?,
//    rate_limit?:{quantity, window, burst?}}
//   201 {key_id, api_key, organization_id, name, external_id, scopes, metadata, allowed_ips,
//        expires_at, rate_limit, created_at}   404 no such organization   422 bad input
#include "api/admin/endpoints.hpp"

#include "api/admin/pending_change.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/auth/api_key/create_api_key.hpp>
#include <latchkey/core/text/json_member.hpp>
#include <latchkey/core/text/json_text.hpp>

#include <array>
#include <chrono>

namespace latchkey::api {

namespace {

enum : std::size_t {
    organization_id,
    name,
    scopes,
    expires_in,
    external_id,
    metadata,
    allowed_ips,
    env,
    rate_limit
};
constexpr std::array<http::json_field, 9> fields = {
    {{"organization_id", http::json_kind::text, true},
     {"name", http::json_kind::text, true},
     {"scopes", http::json_kind::texts},
     {"expires_in", http::json_kind::integer},
     {"external_id", http::json_kind::text},
     {"metadata", http::json_kind::object},
     {"allowed_ips", http::json_kind::texts},
     {"env", http::json_kind::text},
     {"rate_limit", http::json_kind::object}}};

enum : std::size_t { quantity, window, burst };
constexpr std::array<http::json_field, 3> limit_fields = {
    {{"quantity", http::json_kind::integer, true},
     {"window", http::json_kind::integer, true},
     {"burst", http::json_kind::integer}}};

// Returns nullopt if all is well.
std::optional<std::string> read_limit(const http::json_body& body,
                                      std::optional<auth::rate_limit_request>& out) {
    if (!body[rate_limit].present) return std::nullopt;
    http::json_body limit;
    if (const auto why = limit.read(body[rate_limit].text, limit_fields))
        return "field \"rate_limit\": " + why->detail;
    out = {limit[quantity].integer, core::seconds(limit[window].integer), std::nullopt};
    if (limit[burst].present) out->burst = limit[burst].integer;
    return std::nullopt;
}

auth::create_api_key_request read(const http::json_body& body) {
    auth::create_api_key_request asked;
    asked.organization_id = body[organization_id].text;
    asked.name = body[name].text;
    asked.scopes.assign(body[scopes].texts.begin(), body[scopes].texts.end());
    asked.allowed_ips.assign(body[allowed_ips].texts.begin(), body[allowed_ips].texts.end());
    if (body[expires_in].present) asked.expires_in = core::seconds(body[expires_in].integer);
    if (body[external_id].present) asked.external_id = body[external_id].text;
    if (body[metadata].present) asked.metadata = body[metadata].text;
    if (body[env].present) asked.env = body[env].text;
    return asked;
}

void append_limit(std::string& out, const std::optional<core::rate_rule>& rule) {
    if (!rule) {
        out += "null";
        return;
    }
    const auto window_s = std::chrono::ceil<core::seconds>(rule->window()).count();
    out += R"({"quantity":)" + std::to_string(rule->quantity());
    out += R"(,"window":)" + std::to_string(window_s);
    out += R"(,"burst":)" + std::to_string(rule->burst()) + '}';
}

void answer(http::exchange& ex, const auth::created_api_key& made) {
    const auto& row = made.stored;
    std::string out;
    core::append_member(out, R"({"key_id":)", row.key_id);
    core::append_member(out, R"(,"api_key":)", made.api_key.reveal());
    core::append_member(out, R"(,"organization_id":)", row.organization_id);
    core::append_member(out, R"(,"name":)", row.name);
    core::append_member(out, R"(,"external_id":)", row.external_id);
    core::append_member(out, R"(,"scopes":)", row.scopes);
    out += R"(,"metadata":)";
    core::append_compact_json(out, row.metadata);
    core::append_member(out, R"(,"allowed_ips":)", row.allowed_networks);
    core::append_member(out, R"(,"expires_at":)", row.expires_at);
    out += R"(,"rate_limit":)";
    append_limit(out, row.rate_limit);
    core::append_member(out, R"(,"created_at":)", made.created_at);
    out += '}';
    ex.answer(201, http::json_type, out, "Cache-Control: no-store\r\n");
}

} // namespace

void create_api_key(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (!read_body(ex, body, fields)) return;
    auto asked = read(body);
    if (const auto wrong = read_limit(body, asked.rate_limit)) return ex.refuse(422, *wrong);
    pending_change<auth::created_api_key>::begin(ex, answer, [&](auto done) {
        auth::create_api_key(api.store, std::move(asked), std::chrono::system_clock::now(),
                             std::move(done));
    });
}

} // namespace latchkey::api

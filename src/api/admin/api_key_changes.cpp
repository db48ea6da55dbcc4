// PATCH /admin/v1/api-keys/{id}: change what the body names; null clears
//   {name?, external_id?, scopes?, metadata?, allowed_ips?, enabled?, expires_at? | expires_in?,
//    rate_limit?}
//   200 as GET   404   409 it is revoked, or the older service's array owns it   422 bad input
// POST /admin/v1/api-keys/{id}/revoke: revoke an API key; a second call changes nothing
//   {reason?}, or no body
//   200 {key_id, organization_id, revoked_at, reason, receipt}   404 no such key   422 bad reason
// DELETE /admin/v1/api-keys/{id}: the same, without a reason
#include "api/admin/api_key_json.hpp"
#include "api/admin/asked_by.hpp"
#include "api/admin/changes.hpp"
#include "api/admin/endpoints.hpp"
#include "api/admin/only_organization.hpp"
#include "api/admin/reach.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/api/admin_requests.hpp>
#include <latchkey/auth/api_key/change_api_key.hpp>
#include <latchkey/auth/api_key/revoke_api_key.hpp>
#include <latchkey/core/text/rfc3339.hpp>

#include <chrono>

namespace latchkey::api {

namespace {

constexpr const auto& fields = admin_requests::change_api_key;

// Returns nullopt if all is well.
std::optional<http::refusal> read_expiry(const http::json_body& body,
                                         auth::change_api_key_request& asked) {
    const auto& at = body[fields["expires_at"]];
    const auto& in = body[fields["expires_in"]];
    if (in.present) asked.expires_in = core::seconds(in.integer);
    if (at.null) asked.expires_at = std::optional<core::real_time>();
    if (!at.present) return std::nullopt;
    const auto time = core::parse_rfc3339(at.text);
    if (!time)
        return http::refusal{
            400, "field \"expires_at\" must be a time such as \"2027-01-01T00:00:00Z\""};
    asked.expires_at = std::optional(*time);
    return std::nullopt;
}

std::optional<http::refusal> read(const http::json_body& body,
                                  auth::change_api_key_request& asked) {
    if (auto why = unless_changes(body, fields, admin_requests::clearable_of_api_key)) return why;
    take(body[fields["name"]], asked.name);
    take_change(body[fields["external_id"]], asked.external_id);
    take_change(body[fields["scopes"]], asked.scopes);
    take_object(body[fields["metadata"]], asked.metadata);
    take_change(body[fields["allowed_ips"]], asked.allowed_ips);
    take_change(body[fields["enabled"]], asked.enabled);
    if (auto why = read_expiry(body, asked)) return why;
    const auto& limit = body[fields["rate_limit"]];
    if (limit.null) asked.rate_limit = std::optional<auth::rate_limit_request>();
    if (!limit.present) return std::nullopt;
    return read_limit(limit.text, asked.rate_limit.emplace().emplace());
}

core::task<reply> revoke(http::exchange& ex, admin_api& api, auth::revocation_request asked) {
    asked.key_id = ex.path_id;
    asked.only_organization = only_organization(ex);
    auto by = asked_by(ex);
    const auto revoked =
        co_await auth::revoke_api_key(api.store, api.changes, std::move(asked), by);
    if (!revoked) co_return revoked.error();
    const auto json = core::json_object({{"key_id", revoked->key_id},
                                         {"organization_id", revoked->organization_id},
                                         {"revoked_at", revoked->revoked_at},
                                         {"reason", revoked->reason}});
    co_return reply(200, json.text, "").of(by);
}

} // namespace

core::task<reply> change_api_key(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (const auto why = read_body(ex.request, body, fields)) co_return *why;
    auth::change_api_key_request asked;
    if (const auto why = read(body, asked)) co_return *why;
    asked.key_id = ex.path_id;
    asked.only_organization = only_organization(ex);
    if (asked.scopes)
        if (const auto why = co_await unless_scopes_held(ex, api, *asked.scopes)) co_return *why;

    auto by = asked_by(ex);
    const auto changed = co_await auth::change_api_key(api.store, api.changes, std::move(asked),
                                                       std::chrono::system_clock::now(), by);
    if (!changed) co_return changed.error();
    co_return reply(200, json_of(*changed).text).of(by);
}

core::task<reply> revoke_api_key(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (const auto why = read_body(ex.request, body, admin_requests::revoke, true)) co_return *why;
    auth::revocation_request asked;
    take(body[admin_requests::revoke["reason"]], asked.reason);
    co_return co_await revoke(ex, api, std::move(asked));
}

core::task<reply> delete_api_key(http::exchange& ex, admin_api& api) {
    return revoke(ex, api, {});
}

} // namespace latchkey::api

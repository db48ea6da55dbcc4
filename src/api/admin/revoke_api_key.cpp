// POST /admin/v1/api-keys/{id}/revoke: revoke an API key; a second call changes nothing
//   {reason?}, or no body
//   200 {key_id, organization_id, revoked_at, reason}   404 no such key   422 bad reason
#include "api/admin/asked_by.hpp"
#include "api/admin/endpoints.hpp"

#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/api/admin_requests.hpp>
#include <latchkey/auth/api_key/revoke_api_key.hpp>
#include <latchkey/core/text/json_object.hpp>

namespace latchkey::api {

core::task<reply> revoke_api_key(http::exchange& ex, admin_api& api) {
    constexpr const auto& fields = admin_requests::revoke;
    http::json_body body;
    if (const auto why = read_body(ex.request, body, fields, true)) co_return *why;
    auth::revocation_request asked;
    asked.key_id = ex.path_id;
    take(body[fields["reason"]], asked.reason);

    auto by = asked_by(ex);
    const auto revoked =
        co_await auth::revoke_api_key(api.store, api.changes, std::move(asked), by);
    if (!revoked) co_return revoked.error();
    const auto json = core::json_object({{"key_id", revoked->key_id},
                                         {"organization_id", revoked->organization_id},
                                         {"revoked_at", revoked->revoked_at},
                                         {"reason", revoked->reason}});
    co_return reply(200, json.text, "");
}

} // namespace latchkey::api

// POST /admin/v1/api-keys/{id}/revoke: revoke an API key; a second call changes nothing
//   {reason?}, or no body
//   200 {key_id, organization_id, revoked_at, reason}   404 no such key   422 bad reason
#include "api/admin/endpoints.hpp"
#include "api/admin/pending_change.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/auth/api_key/revoke_api_key.hpp>
#include <latchkey/core/text/json_member.hpp>

#include <array>

namespace latchkey::api {

namespace {

enum : std::size_t { reason };
constexpr std::array<http::json_field, 1> fields = {{{"reason", http::json_kind::text}}};

void answer(http::exchange& ex, const auth::revoked_api_key& revoked) {
    std::string out;
    core::append_member(out, R"({"key_id":)", revoked.key_id);
    core::append_member(out, R"(,"organization_id":)", revoked.organization_id);
    core::append_member(out, R"(,"revoked_at":)", revoked.revoked_at);
    core::append_member(out, R"(,"reason":)", revoked.reason);
    out += '}';
    ex.answer(200, http::json_type, out);
}

} // namespace

void revoke_api_key(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (!read_body(ex, body, fields, true)) return;
    auth::revocation_request asked;
    asked.key_id = ex.path_id;
    if (body[reason].present) asked.reason = body[reason].text;
    pending_change<auth::revoked_api_key>::begin(ex, answer, [&](auto done) {
        auth::revoke_api_key(api.store, api.changes, std::move(asked), std::move(done));
    });
}

} // namespace latchkey::api

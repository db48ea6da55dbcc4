// POST /admin/v1/devices/{id}/rotate: make a new secret, shown once; the old one stays good for
// `overlap`
//   {overlap?} in seconds, 0 without it; or no body
//   200 {device_id, device_secret, previous_until}   404   409 it is revoked   422 bad overlap
// POST /admin/v1/devices/{id}/revoke: end the device's use; a second call changes nothing
//   {reason?}, or no body
//   200 as GET   404   422 bad reason
#include "api/admin/device_json.hpp"
#include "api/admin/endpoints.hpp"
#include "api/admin/pending_change.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/auth/device/change_device.hpp>
#include <latchkey/core/text/json_member.hpp>

#include <array>

namespace latchkey::api {

namespace {

enum : std::size_t { overlap };
constexpr std::array<http::json_field, 1> rotate_fields = {{{"overlap", http::json_kind::integer}}};
enum : std::size_t { reason };
constexpr std::array<http::json_field, 1> revoke_fields = {{{"reason", http::json_kind::text}}};

void answer_rotated(http::exchange& ex, const auth::rotated_device& rotated) {
    std::string out;
    core::append_member(out, R"({"device_id":)", rotated.now.device_id);
    core::append_member(out, R"(,"device_secret":)", rotated.device_secret.reveal());
    core::append_member(out, R"(,"previous_until":)", rotated.now.previous_until);
    out += '}';
    ex.answer(200, http::json_type, out, "Cache-Control: no-store\r\n");
}

} // namespace

void rotate_device(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (!read_body(ex, body, rotate_fields, true)) return;
    pending_change<auth::rotated_device>::begin(ex, answer_rotated, [&](auto done) {
        auth::rotate_device(api.devices, api.changes, std::string(ex.path_id),
                            core::seconds(body[overlap].integer), std::move(done));
    });
}

void revoke_device(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (!read_body(ex, body, revoke_fields, true)) return;
    std::optional<std::string> why;
    if (body[reason].present) why = body[reason].text;
    pending_change<auth::device>::begin(ex, answer_device, [&](auto done) {
        auth::revoke_device(api.devices, api.changes, std::string(ex.path_id), std::move(why),
                            std::move(done));
    });
}

} // namespace latchkey::api

// POST /admin/v1/devices/{id}/rotate: make a new secret, shown once; the old one stays good for
// `overlap`
//   {overlap?} in seconds, 0 without it; or no body
//   200 {device_id, device_secret, previous_until}   404   409 it is revoked   422 bad overlap
// POST /admin/v1/devices/{id}/revoke: end the device's use; a second call changes nothing
//   {reason?}, or no body
//   200 as GET   404   422 bad reason
#include "api/admin/asked_by.hpp"
#include "api/admin/device_json.hpp"
#include "api/admin/endpoints.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/api/admin_requests.hpp>
#include <latchkey/auth/device/write_device.hpp>

namespace latchkey::api {

core::task<reply> rotate_device(http::exchange& ex, admin_api& api) {
    constexpr const auto& fields = admin_requests::rotate_device;
    http::json_body body;
    if (const auto why = read_body(ex.request, body, fields, true)) co_return *why;
    const core::seconds overlap(body[fields["overlap"]].integer);

    auto by = asked_by(ex);
    const auto rotated = co_await auth::rotate_device(api.devices, api.changes,
                                                      std::string(ex.path_id), overlap, by);
    if (!rotated) co_return rotated.error();
    const auto json = core::json_object({{"device_id", rotated->now.device_id},
                                         {"device_secret", rotated->device_secret.reveal()},
                                         {"previous_until", rotated->now.previous_until}});
    co_return reply(200, json.text);
}

core::task<reply> revoke_device(http::exchange& ex, admin_api& api) {
    constexpr const auto& fields = admin_requests::revoke;
    http::json_body body;
    if (const auto why = read_body(ex.request, body, fields, true)) co_return *why;
    std::optional<std::string> reason;
    take(body[fields["reason"]], reason);

    auto by = asked_by(ex);
    const auto revoked = co_await auth::revoke_device(
        api.devices, api.changes, std::string(ex.path_id), std::move(reason), by);
    if (!revoked) co_return revoked.error();
    co_return reply(200, json_of(*revoked).text);
}

} // namespace latchkey::api

// POST /admin/v1/devices/{id}/rotate: make a new secret, shown once; the old one stays good for
// `overlap`, and is ended by `finish`
//   {overlap?} in seconds, a day without it; or {finish:true}; or no body
//   200 as GET, with `device_secret`; after `finish` without it
//   404   409 it is revoked, or the secret before still works   422 bad overlap
// POST /admin/v1/devices/{id}/revoke: end the device's use; a second call changes nothing
//   {reason?}, or no body
//   200 as GET   404   422 bad reason
// DELETE /admin/v1/devices/{id}: the same, without a reason
// PATCH /admin/v1/devices/{id}: change what the body names; null clears metadata
//   {name?, scopes?, metadata?, enabled?}
//   200 as GET   404   409 it is revoked   422 bad input
#include "api/admin/asked_by.hpp"
#include "api/admin/changes.hpp"
#include "api/admin/device_json.hpp"
#include "api/admin/endpoints.hpp"
#include "api/admin/only_organization.hpp"
#include "api/admin/read_body.hpp"
#include "api/admin/rotation_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/api/admin_requests.hpp>
#include <latchkey/auth/device/write_device.hpp>

namespace latchkey::api {

core::task<reply> rotate_device(http::exchange& ex, admin_api& api) {
    rotation_body asked;
    if (const auto why = read_rotation(ex.request, asked)) co_return *why;
    auto by = asked_by(ex);

    if (asked.finish) {
        const auto now = co_await auth::finish_device_rotation(
            api.devices, api.changes, std::string(ex.path_id), only_organization(ex), by);
        if (!now) co_return now.error();
        co_return reply(200, json_of(*now).text).of(by);
    }
    const auto rotated =
        co_await auth::rotate_device(api.devices, api.changes, std::string(ex.path_id),
                                     asked.overlap, only_organization(ex), by);
    if (!rotated) co_return rotated.error();
    // The device, with its secret first.
    auto json = core::json_object({{"device_secret", rotated->device_secret.reveal()}}).text;
    json.back() = ',';
    json += std::string_view(json_of(rotated->now).text).substr(1);
    co_return reply(200, std::move(json)).of(by);
}

namespace {

core::task<reply> revoke(http::exchange& ex, admin_api& api, std::optional<std::string> reason) {
    auto by = asked_by(ex);
    const auto revoked =
        co_await auth::revoke_device(api.devices, api.changes, std::string(ex.path_id),
                                     std::move(reason), only_organization(ex), by);
    if (!revoked) co_return revoked.error();
    co_return reply(200, json_of(*revoked).text).of(by);
}

} // namespace

core::task<reply> revoke_device(http::exchange& ex, admin_api& api) {
    constexpr const auto& fields = admin_requests::revoke;
    http::json_body body;
    if (const auto why = read_body(ex.request, body, fields, true)) co_return *why;
    std::optional<std::string> reason;
    take(body[fields["reason"]], reason);
    co_return co_await revoke(ex, api, std::move(reason));
}

core::task<reply> delete_device(http::exchange& ex, admin_api& api) {
    return revoke(ex, api, std::nullopt);
}

core::task<reply> change_device(http::exchange& ex, admin_api& api) {
    constexpr const auto& fields = admin_requests::change_device;
    http::json_body body;
    if (const auto why = read_body(ex.request, body, fields)) co_return *why;
    if (const auto why = unless_changes(body, fields, admin_requests::clearable_of_device))
        co_return *why;
    auth::device_change asked{std::string(ex.path_id), only_organization(ex)};
    take(body[fields["name"]], asked.name);
    take_change(body[fields["scopes"]], asked.scopes);
    take_object(body[fields["metadata"]], asked.metadata);
    take_change(body[fields["enabled"]], asked.enabled);

    auto by = asked_by(ex);
    const auto changed =
        co_await auth::change_device(api.devices, api.changes, std::move(asked), by);
    if (!changed) co_return changed.error();
    co_return reply(200, json_of(*changed).text).of(by);
}

} // namespace latchkey::api

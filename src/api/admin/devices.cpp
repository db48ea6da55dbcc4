// POST /admin/v1/devices: register a device; a secret that is made here is shown once, in the
// answer
//   {organization_id, name, device_id?, scopes?, metadata?, device_secret?}
//   201 {device_id, device_secret, organization_id, name, scopes, metadata, created_at}
//   404 no such organization   409 there is one with this id   422 bad input
// GET /admin/v1/devices?limit=&cursor=
//   200 {devices:[…], next_cursor}
// GET /admin/v1/devices/{id}
//   200 {device_id, organization_id, name, scopes, metadata, status, secret_form, previous_until,
//        revoked_at, reason}   404
#include "api/admin/asked_by.hpp"
#include "api/admin/endpoints.hpp"

#include "api/admin/device_json.hpp"
#include "api/admin/page.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/api/admin_requests.hpp>
#include <latchkey/auth/device/register_device.hpp>
#include <latchkey/crypto/base64url.hpp>

namespace latchkey::api {

namespace {

auth::register_device_request read(const http::json_body& body) {
    constexpr const auto& fields = admin_requests::register_device;
    auth::register_device_request asked;
    take(body[fields["organization_id"]], asked.organization_id);
    take(body[fields["name"]], asked.name);
    take(body[fields["device_id"]], asked.device_id);
    take(body[fields["scopes"]], asked.scopes);
    take(body[fields["metadata"]], asked.metadata);
    const auto& secret = body[fields["device_secret"]];
    if (secret.present) asked.secret = crypto::secret(std::string(secret.text));
    return asked;
}

core::json_value json_of(const auth::registered_device& made) {
    const auto& row = made.stored;
    const auto& secret = made.device_secret;
    return core::json_object(
        {{"device_id", row.device_id},
         {"device_secret", secret.empty() ? core::json_value(nullptr) : secret.reveal()},
         {"organization_id", row.organization_id},
         {"name", row.name},
         {"scopes", row.scopes},
         {"metadata", core::compact_json(row.metadata)},
         {"created_at", made.created_at}});
}

} // namespace

core::task<reply> register_device(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (const auto why = read_body(ex.request, body, admin_requests::register_device))
        co_return *why;
    auto asked = read(body);

    auto by = asked_by(ex);
    const auto made = co_await auth::register_device(api.devices, api.changes, api.elsewhere,
                                                     std::move(asked), by);
    if (!made) co_return made.error();
    co_return reply(201, json_of(*made).text);
}

// A cursor is an id in base64url, because ids of the older service may hold any characters.
core::task<reply> list_devices(http::exchange& ex, admin_api& api) {
    const auto asked = read_page(ex.request.query);
    if (!asked) co_return http::refusal{400, asked.error().message};
    // One more row than asked for shows whether there is a next page.
    auth::device_page page{asked->limit + 1, {}};
    if (asked->cursor) {
        page.after = crypto::decode_base64url(*asked->cursor);
        if (!page.after)
            co_return http::refusal{400, "\"cursor\" is none that a page before has told"};
    }

    const auto found = co_await api.devices.list_devices(std::move(page));
    if (!found) co_return found.error();
    const auto cursor_of = [](const auth::device& d) {
        return crypto::encode_base64url(d.device_id);
    };
    co_return reply(200, write_page(
                             "devices", *found, asked->limit,
                             [](const auth::device& d) { return json_of(d); }, cursor_of));
}

core::task<reply> show_device(http::exchange& ex, admin_api& api) {
    const auto found = co_await api.devices.show_device(std::string(ex.path_id));
    if (!found) co_return found.error();
    co_return reply(200, json_of(*found).text);
}

} // namespace latchkey::api

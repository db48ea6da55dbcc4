// POST /admin/v1/devices: register a device; a secret that is made here is shown once, in the
// answer
//   {organization_id, name, device_id?, scopes?, metadata?, device_secret?}
//   201 the device as below, with device_secret (null if the request had one)
//   404 no such organization   409 there is one with this id
//   422 bad input, or a caller of one organization chooses the id: it would learn which exist
// GET /admin/v1/devices?organization_id=&name=&state=&unused_for=&limit=&cursor=
//   200 {devices:[…], next_cursor}   400 a parameter that cannot be read
// GET /admin/v1/devices/{id}
//   200 {device_id, organization_id, name, scopes, roles, metadata, enabled, state, status,
//   secret_form,
//        generation, previous, previous_until, revoked_at, reason, created_at, last_used_at, uses}
//   404
#include "api/admin/asked_by.hpp"
#include "api/admin/endpoints.hpp"

#include "api/admin/device_json.hpp"
#include "api/admin/list_parameters.hpp"
#include "api/admin/only_organization.hpp"
#include "api/admin/page.hpp"
#include "api/admin/reach.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/api/admin_requests.hpp>
#include <latchkey/auth/device/register_device.hpp>

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

core::json_value registered_json(const auth::registered_device& made) {
    const auto& secret = made.device_secret;
    auto out = core::json_object(
        {{"device_id", made.stored.device_id},
         {"device_secret", secret.empty() ? core::json_value(nullptr) : secret.reveal()}});
    const auto id = core::json_object({{"device_id", made.stored.device_id}});
    out.text.back() = ',';
    out.text += std::string_view(json_of(as_stored(made)).text).substr(id.text.size());
    return out;
}

core::result<auth::object_page> read_device_page(std::string_view query) {
    const auto given = query_parameters::read(query, lists::devices.names());
    if (!given) return given.error();
    auth::object_page page;
    page.organization_id = (*given)["organization_id"];
    page.name = (*given)["name"];
    first_failure reading;
    reading.take(given->limit(), page.limit)
        .take(given->after(), page.after)
        .take(given->one_of("state", lists::device_states), page.state)
        .take(given->seconds("unused_for"), page.unused_for);
    if (reading.why) return *reading.why;
    return page;
}

} // namespace

core::task<reply> register_device(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (const auto why = read_body(ex.request, body, admin_requests::register_device))
        co_return *why;
    auto asked = read(body);
    if (const auto why = unless_organization_reached(ex, asked.organization_id)) co_return *why;
    if (asked.device_id && organization_bound(ex))
        co_return http::refusal{422, "field \"device_id\" is not for a caller of one organization: "
                                     "the ids of its devices are made here"};

    auto by = asked_by(ex);
    const auto made = co_await auth::register_device(api.devices, api.changes, api.elsewhere,
                                                     std::move(asked), by);
    if (!made) co_return made.error();
    co_return reply(201, registered_json(*made).text);
}

core::task<reply> list_devices(http::exchange& ex, admin_api& api) {
    auto page = read_device_page(ex.request.query);
    if (!page) co_return http::refusal{400, page.error().message};
    const auto json = [](const auth::device& d) { return json_of(d); };
    const auth::found_page<auth::device> none;
    if (!limit_to(*page, only_organization(ex), api.changes.organization_ids()))
        co_return reply(200, write_page("devices", none, json));

    const auto list = [&api](auth::object_page p) {
        return api.devices.list_devices(std::move(p));
    };
    const auto found = co_await first_with_objects(list, std::move(*page));
    if (!found) co_return no_page(found.error());
    co_return reply(200, write_page("devices", *found, json));
}

core::task<reply> show_device(http::exchange& ex, admin_api& api) {
    const auto found =
        co_await api.devices.show_device(std::string(ex.path_id), only_organization(ex));
    if (!found) co_return found.error();
    co_return reply(200, json_of(*found).text);
}

} // namespace latchkey::api

// POST /admin/v1/roles/{id}/grant: give the role to a key or a device of its organization
// POST /admin/v1/roles/{id}/ungrant: take it
//   {key_id} or {device_id}
//   200 {role_id, organization_id, name, key_id, device_id, changed}   404 no such role, or no such
//   holder in its organization   409 the holder has as many roles as it may   422 not one holder
// GET /admin/v1/roles/{id}/grants?limit=&cursor=
//   200 {grants:[{key_id, device_id, granted_at}…], next_cursor}   404
#include "api/admin/asked_by.hpp"
#include "api/admin/endpoints.hpp"
#include "api/admin/only_organization.hpp"
#include "api/admin/page.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/api/admin_requests.hpp>
#include <latchkey/auth/role/write_role.hpp>
#include <latchkey/core/text/json_object.hpp>

namespace latchkey::api {

namespace {

using auth::credential_kind;

// The id, if the holder is of that kind.
std::optional<std::string> id_if(credential_kind wanted, credential_kind is,
                                 const std::string& id) {
    return wanted == is ? std::optional(id) : std::nullopt;
}

core::json_value json_of(const auth::role_grant& grant, credential_kind kind,
                         const std::string& holder) {
    return core::json_object({{"role_id", grant.role_id},
                              {"organization_id", grant.organization_id},
                              {"name", grant.name},
                              {"key_id", id_if(credential_kind::api_key, kind, holder)},
                              {"device_id", id_if(credential_kind::device, kind, holder)},
                              {"changed", grant.changed}});
}

core::json_value json_of_holder(const auth::granted_holder& h) {
    return core::json_object({{"key_id", id_if(credential_kind::api_key, h.kind, h.holder_id)},
                              {"device_id", id_if(credential_kind::device, h.kind, h.holder_id)},
                              {"granted_at", h.granted_at}});
}

std::optional<http::refusal> read(http::exchange& ex, auth::role_holding& asked) {
    constexpr const auto& fields = admin_requests::role_holder;
    http::json_body body;
    if (auto why = read_body(ex.request, body, fields)) return why;
    const auto& key = body[fields["key_id"]];
    const auto& device = body[fields["device_id"]];
    if (key.present == device.present)
        return http::refusal{422, "name one holder: a \"key_id\" or a \"device_id\""};
    asked.role_id = ex.path_id;
    asked.only_organization = only_organization(ex);
    asked.kind = key.present ? credential_kind::api_key : credential_kind::device;
    asked.holder_id = key.present ? key.text : device.text;
    return std::nullopt;
}

} // namespace

core::task<reply> grant_role(http::exchange& ex, admin_api& api) {
    auth::role_holding asked;
    if (const auto why = read(ex, asked)) co_return *why;
    const auto kind = asked.kind;
    const auto holder = asked.holder_id;
    auto by = asked_by(ex);
    const auto granted = co_await auth::grant_role(*api.roles, api.changes, std::move(asked), by);
    if (!granted) co_return granted.error();
    co_return reply(200, json_of(*granted, kind, holder).text);
}

core::task<reply> ungrant_role(http::exchange& ex, admin_api& api) {
    auth::role_holding asked;
    if (const auto why = read(ex, asked)) co_return *why;
    const auto kind = asked.kind;
    const auto holder = asked.holder_id;
    auto by = asked_by(ex);
    const auto taken = co_await auth::ungrant_role(*api.roles, api.changes, std::move(asked), by);
    if (!taken) co_return taken.error();
    co_return reply(200, json_of(*taken, kind, holder).text).of(by);
}

core::task<reply> list_role_grants(http::exchange& ex, admin_api& api) {
    const auto given = query_parameters::read(ex.request.query, lists::pages.names());
    if (!given) co_return http::refusal{400, given.error().message};
    auth::object_page page;
    first_failure reading;
    reading.take(given->limit(), page.limit).take(given->after(), page.after);
    if (reading.why) co_return http::refusal{400, reading.why->message};
    std::string id(ex.path_id);
    const auto role = co_await api.roles->show_role(id, only_organization(ex));
    if (!role) co_return role.error();
    const auto found =
        co_await api.roles->list_role_grants(std::move(id), only_organization(ex), std::move(page));
    if (!found) co_return no_page(found.error());
    co_return reply(200, write_page("grants", *found, json_of_holder));
}

} // namespace latchkey::api

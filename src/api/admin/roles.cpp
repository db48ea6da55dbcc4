// POST /admin/v1/roles: make a role
//   {organization_id, name, scopes?}
//   201 as GET   404 no such organization   409 it has a role of this name   422 bad input
// GET /admin/v1/roles?organization_id=&name=&limit=&cursor=
//   200 {roles:[…], next_cursor}   400 a parameter that cannot be read
// GET /admin/v1/roles/{id}
//   200 {role_id, organization_id, name, scopes, keys, devices, created_at}   404
// PATCH /admin/v1/roles/{id}: change what the body names; its holders follow
//   {name?, scopes?}
//   200 as GET   404   409   422 bad input
// DELETE /admin/v1/roles/{id}: its holders lose it
//   200 as GET, of before   404
#include "api/admin/asked_by.hpp"
#include "api/admin/changes.hpp"
#include "api/admin/endpoints.hpp"
#include "api/admin/list_parameters.hpp"
#include "api/admin/only_organization.hpp"
#include "api/admin/page.hpp"
#include "api/admin/reach.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/api/admin_requests.hpp>
#include <latchkey/auth/role/write_role.hpp>
#include <latchkey/core/text/json_object.hpp>

namespace latchkey::api {

namespace {

core::json_value json_of(const auth::role& r) {
    return core::json_object({{"role_id", r.role_id},
                              {"organization_id", r.organization_id},
                              {"name", r.name},
                              {"scopes", r.scopes},
                              {"keys", r.keys},
                              {"devices", r.devices},
                              {"created_at", r.created_at}});
}

core::result<auth::object_page> read_role_page(std::string_view query) {
    const auto given = query_parameters::read(query, lists::roles.names());
    if (!given) return given.error();
    auth::object_page page;
    page.organization_id = (*given)["organization_id"];
    page.name = (*given)["name"];
    first_failure reading;
    reading.take(given->limit(), page.limit).take(given->after(), page.after);
    if (reading.why) return *reading.why;
    return page;
}

} // namespace

core::task<reply> create_role(http::exchange& ex, admin_api& api) {
    constexpr const auto& fields = admin_requests::create_role;
    http::json_body body;
    if (const auto why = read_body(ex.request, body, fields)) co_return *why;
    auth::new_role asked;
    take(body[fields["organization_id"]], asked.organization_id);
    take(body[fields["name"]], asked.name);
    take(body[fields["scopes"]], asked.scopes);
    if (const auto why = unless_organization_reached(ex, asked.organization_id)) co_return *why;

    auto by = asked_by(ex);
    const auto made = co_await auth::create_role(*api.roles, std::move(asked), by);
    if (!made) co_return made.error();
    co_return reply(201, json_of(*made).text, "");
}

core::task<reply> list_roles(http::exchange& ex, admin_api& api) {
    auto page = read_role_page(ex.request.query);
    if (!page) co_return http::refusal{400, page.error().message};
    const auth::found_page<auth::role> none;
    if (!limit_to(*page, only_organization(ex), api.changes.organization_ids()))
        co_return reply(200, write_page("roles", none, json_of));
    const auto found = co_await api.roles->list_roles(std::move(*page));
    if (!found) co_return no_page(found.error());
    co_return reply(200, write_page("roles", *found, json_of));
}

core::task<reply> show_role(http::exchange& ex, admin_api& api) {
    const auto found =
        co_await api.roles->show_role(std::string(ex.path_id), only_organization(ex));
    if (!found) co_return found.error();
    co_return reply(200, json_of(*found).text);
}

core::task<reply> change_role(http::exchange& ex, admin_api& api) {
    constexpr const auto& fields = admin_requests::change_role;
    http::json_body body;
    if (const auto why = read_body(ex.request, body, fields)) co_return *why;
    if (const auto why = unless_changes(body, fields, admin_requests::clearable_of_role))
        co_return *why;
    auth::role_change asked{std::string(ex.path_id), only_organization(ex)};
    take(body[fields["name"]], asked.name);
    take_change(body[fields["scopes"]], asked.scopes);

    auto by = asked_by(ex);
    const auto changed = co_await auth::change_role(*api.roles, api.changes, std::move(asked), by);
    if (!changed) co_return changed.error();
    co_return reply(200, json_of(*changed).text).of(by);
}

core::task<reply> delete_role(http::exchange& ex, admin_api& api) {
    auto by = asked_by(ex);
    const auto gone = co_await auth::delete_role(*api.roles, api.changes, std::string(ex.path_id),
                                                 only_organization(ex), by);
    if (!gone) co_return gone.error();
    co_return reply(200, json_of(*gone).text).of(by);
}

} // namespace latchkey::api

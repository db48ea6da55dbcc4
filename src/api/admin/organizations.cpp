// POST /admin/v1/organizations: make an organization
//   {name, organization_id?}
//   201 as GET   409 there is one with this id   422 bad input
// GET /admin/v1/organizations?name=&state=&limit=&cursor=
//   200 {organizations:[…], next_cursor}   400 a parameter that cannot be read
// GET /admin/v1/organizations/{id}
//   200 {organization_id, name, status, enabled, created_at}   404
// PATCH /admin/v1/organizations/{id}: change what the body names
//   {name?, enabled?}
//   200 as GET   404   422 bad input
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
#include <latchkey/auth/organization/change_organization.hpp>
#include <latchkey/auth/organization/create_organization.hpp>
#include <latchkey/core/text/json_object.hpp>

namespace latchkey::api {

namespace {

core::json_value json_of(const auth::organization& o) {
    return core::json_object({{"organization_id", o.organization_id},
                              {"name", o.name},
                              {"status", o.status},
                              {"enabled", o.enabled},
                              {"created_at", o.created_at}});
}

core::result<auth::object_page> read_organization_page(std::string_view query) {
    const auto given = query_parameters::read(query, lists::organizations.names());
    if (!given) return given.error();
    auth::object_page page;
    page.name = (*given)["name"];
    first_failure reading;
    reading.take(given->limit(), page.limit)
        .take(given->after(), page.after)
        .take(given->one_of("state", lists::organization_states), page.state);
    if (reading.why) return *reading.why;
    return page;
}

} // namespace

core::task<reply> create_organization(http::exchange& ex, admin_api& api) {
    constexpr const auto& fields = admin_requests::create_organization;
    http::json_body body;
    if (const auto why = read_body(ex.request, body, fields)) co_return *why;
    auth::new_organization asked;
    take(body[fields["name"]], asked.name);
    take(body[fields["organization_id"]], asked.organization_id);

    auto by = asked_by(ex);
    const auto made = co_await auth::create_organization(api.store, std::move(asked), by);
    if (!made) co_return made.error();
    co_return reply(201, json_of(*made).text, "");
}

core::task<reply> list_organizations(http::exchange& ex, admin_api& api) {
    auto page = read_organization_page(ex.request.query);
    if (!page) co_return http::refusal{400, page.error().message};
    page->organization_id = only_organization(ex);

    const auto list = [&api](auth::object_page p) {
        return api.store.list_organizations(std::move(p));
    };
    const auto found = co_await first_with_objects(list, std::move(*page));
    if (!found) co_return no_page(found.error());
    co_return reply(200, write_page("organizations", *found, json_of));
}

core::task<reply> show_organization(http::exchange& ex, admin_api& api) {
    const auto found = co_await auth::show_organization(
        api.store, api.changes, std::string(ex.path_id), only_organization(ex));
    if (!found) co_return found.error();
    co_return reply(200, json_of(*found).text);
}

core::task<reply> change_organization(http::exchange& ex, admin_api& api) {
    constexpr const auto& fields = admin_requests::change_organization;
    http::json_body body;
    if (const auto why = read_body(ex.request, body, fields)) co_return *why;
    if (const auto why = unless_changes(body, fields, {})) co_return *why;
    auth::organization_change asked{std::string(ex.path_id), only_organization(ex)};
    take(body[fields["name"]], asked.name);
    take_change(body[fields["enabled"]], asked.enabled);
    if (asked.enabled.value_or(false) && !may_revive_all(ex))
        co_return http::refusal{403,
                                "this revives whatever the organization's keys may: the caller "
                                "must hold all scopes itself"};

    auto by = asked_by(ex);
    const auto changed =
        co_await auth::change_organization(api.store, api.changes, std::move(asked), by);
    if (!changed) co_return changed.error();
    co_return reply(200, json_of(*changed).text).of(by);
}

} // namespace latchkey::api

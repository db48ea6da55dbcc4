// POST /admin/v1/organizations: make an organization
//   {name, organization_id?}
//   201 {organization_id, name, status, created_at}   409 there is one with this id   422 bad input
#include "api/admin/asked_by.hpp"
#include "api/admin/endpoints.hpp"

#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/api/admin_requests.hpp>
#include <latchkey/auth/organization/create_organization.hpp>
#include <latchkey/core/text/json_object.hpp>

namespace latchkey::api {

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
    const auto json = core::json_object({{"organization_id", made->organization_id},
                                         {"name", made->name},
                                         {"status", made->status},
                                         {"created_at", made->created_at}});
    co_return reply(201, json.text, "");
}

} // namespace latchkey::api

// POST /admin/v1/organizations: make an organization
//   {name, organization_id?}
//   201 {organization_id, name, status, created_at}   409 there is one with this id   422 bad input
#include "api/admin/endpoints.hpp"

#include "api/admin/pending_change.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/auth/organization/create_organization.hpp>
#include <latchkey/core/text/json_member.hpp>

#include <array>

namespace latchkey::api {

namespace {

enum : std::size_t { name, organization_id };
constexpr std::array<http::json_field, 2> fields = {
    {{"name", http::json_kind::text, true}, {"organization_id", http::json_kind::text}}};

void answer(http::exchange& ex, const auth::organization& made) {
    std::string out;
    core::append_member(out, R"({"organization_id":)", made.organization_id);
    core::append_member(out, R"(,"name":)", made.name);
    core::append_member(out, R"(,"status":)", made.status);
    core::append_member(out, R"(,"created_at":)", made.created_at);
    out += '}';
    ex.answer(201, http::json_type, out);
}

} // namespace

void create_organization(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (!read_body(ex, body, fields)) return;
    auth::new_organization asked;
    asked.name = body[name].text;
    if (body[organization_id].present) asked.organization_id = body[organization_id].text;
    pending_change<auth::organization>::begin(ex, answer, [&](auto done) {
        auth::create_organization(api.store, std::move(asked), std::move(done));
    });
}

} // namespace latchkey::api

#include <latchkey/http/admin_api.hpp>

#include <latchkey/http/admin/api_keys.hpp>
#include <latchkey/http/admin/nodes.hpp>
#include <latchkey/http/admin/organizations.hpp>
#include <latchkey/http/admin/status.hpp>
#include <latchkey/http/metrics.hpp>
#include <latchkey/http/router.hpp>

#include <array>

namespace latchkey::http {

namespace {

constexpr std::array<route<admin_api>, 5> routes = {{
    {method::post, "/admin/v1/organizations", create_organization, "make an organization"},
    {method::post, "/admin/v1/api-keys", create_api_key, "make an API key"},
    {method::post, "/admin/v1/api-keys/{id}/revoke", revoke_api_key, "revoke an API key"},
    {method::get, "/admin/v1/nodes", list_nodes, "the processes on this database"},
    {method::get, "/admin/v1/status", admin_status, "what this process is doing"},
}};
constexpr router<admin_api, routes.size()> table(routes);
static_assert(routes.size() < metrics::endpoints_max);

} // namespace

void admin_api::handle(exchange& ex) {
    table.handle(ex, *this);
}

std::span<const std::string_view> admin_api::endpoint_names() {
    return table.names();
}

} // namespace latchkey::http

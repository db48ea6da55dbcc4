#include <latchkey/http/admin_api.hpp>

#include <latchkey/http/admin/api_keys.hpp>
#include <latchkey/http/admin/devices.hpp>
#include <latchkey/http/admin/nodes.hpp>
#include <latchkey/http/admin/organizations.hpp>
#include <latchkey/http/admin/reload.hpp>
#include <latchkey/http/admin/revocations.hpp>
#include <latchkey/http/admin/signing_keys.hpp>
#include <latchkey/http/admin/status.hpp>
#include <latchkey/http/endpoints/process.hpp>
#include <latchkey/http/metrics.hpp>
#include <latchkey/http/router.hpp>

#include <array>

namespace latchkey::http {

namespace {

constexpr std::array<route<admin_api>, 18> routes = {{
    {method::post, "/admin/v1/organizations", create_organization, "make an organization"},
    {method::post, "/admin/v1/api-keys", create_api_key, "make an API key"},
    {method::post, "/admin/v1/api-keys/{id}/revoke", revoke_api_key, "revoke an API key", true},
    {method::post, "/admin/v1/devices", register_device, "register a device"},
    {method::get, "/admin/v1/devices", list_devices, "the devices"},
    {method::post, "/admin/v1/devices/import", import_devices, "devices with stored secrets"},
    {method::post, "/admin/v1/devices/rehash", rehash_devices, "an end to bare secrets", true},
    {method::get, "/admin/v1/devices/{id}", show_device, "one device"},
    {method::post, "/admin/v1/devices/{id}/rotate", rotate_device, "another secret for a device",
     true},
    {method::post, "/admin/v1/devices/{id}/revoke", revoke_device, "revoke a device", true},
    {method::post, "/admin/v1/revocations", create_revocation, "revoke tokens"},
    {method::get, "/admin/v1/revocations", list_revocations, "what is revoked of tokens"},
    {method::delete_, "/admin/v1/revocations/{id}", delete_revocation, "take a revocation back"},
    {method::get, "/admin/v1/signing-keys", list_signing_keys, "what our tokens are signed with"},
    {method::post, "/admin/v1/signing-keys/rotate", rotate_signing_keys, "rotate the signing keys",
     true},
    {method::get, "/admin/v1/nodes", list_nodes, "the processes on this database"},
    {method::post, "/admin/v1/reload", reload_configuration, "obey the configuration as it is now",
     true},
    {method::get, "/admin/v1/status", admin_status, "what this process is doing"},
}};
constexpr router<admin_api, routes.size()> table(routes);
static_assert(routes.size() < metrics::endpoints_max);

} // namespace

void admin_api::handle(exchange& ex) {
    table.handle(ex, *this);
}

std::optional<refusal> admin_api::objection(const request& asked) const {
    return table.objection(asked);
}

bool admin_api::refuse_unready(exchange& ex) const {
    return http::refuse_unready(ex, status);
}

std::span<const std::string_view> admin_api::endpoint_names() {
    return table.names();
}

} // namespace latchkey::http

#include <latchkey/api/admin_api.hpp>

#include "api/admin/change_terms.hpp"
#include "api/admin/endpoints.hpp"
#include "api/public/process.hpp"

#include <latchkey/http/metrics.hpp>
#include <latchkey/http/router.hpp>

#include <array>

namespace latchkey::api {

namespace {

template <core::task<reply> (*Endpoint)(http::exchange&, admin_api&)>
void run(http::exchange& ex, admin_api& api) {
    const auto how = ex.request.method;
    const bool may_change = http::takes_body(how) || how == http::method::delete_;
    answer(ex, may_change ? change(ex, api, Endpoint) : Endpoint(ex, api));
}

constexpr http::body_bound long_body{&http::configuration::long_body_bytes_max,
                                     "server.batch_bytes_max"};

constexpr std::array<http::route<admin_api>, 33> routes = {{
    {http::method::post, "/admin/v1/organizations", run<create_organization>,
     "make an organization"},
    {http::method::get, "/admin/v1/organizations", run<list_organizations>, "the organizations"},
    {http::method::get, "/admin/v1/organizations/{id}", run<show_organization>, "one organization"},
    {http::method::patch, "/admin/v1/organizations/{id}", run<change_organization>,
     "rename, disable or enable an organization"},
    {http::method::post, "/admin/v1/api-keys", run<create_api_key>, "make an API key"},
    {http::method::get, "/admin/v1/api-keys", run<list_api_keys>, "the API keys"},
    {http::method::get, "/admin/v1/api-keys/{id}", run<show_api_key>, "one API key"},
    {http::method::patch, "/admin/v1/api-keys/{id}", run<change_api_key>, "change an API key"},
    {http::method::delete_, "/admin/v1/api-keys/{id}", run<delete_api_key>, "revoke an API key"},
    {http::method::post, "/admin/v1/api-keys/{id}/rotate", run<rotate_api_key>,
     "another secret for an API key", true},
    {http::method::post, "/admin/v1/api-keys/{id}/revoke", run<revoke_api_key>, "revoke an API key",
     true},
    {http::method::post, "/admin/v1/api-keys/import", run<import_api_keys>,
     "API keys that were made elsewhere, by their hashes", false, long_body},
    {http::method::get, "/admin/v1/api-keys/export", run<export_api_keys>,
     "API keys with their hashes"},
    {http::method::post, "/admin/v1/api-keys/adopt", run<adopt_api_keys>,
     "take keys over from the older service's arrays", true},
    {http::method::post, "/admin/v1/devices", run<register_device>, "register a device"},
    {http::method::get, "/admin/v1/devices", run<list_devices>, "the devices"},
    {http::method::post, "/admin/v1/devices/import", run<import_devices>,
     "devices with stored secrets"},
    {http::method::post, "/admin/v1/devices/rehash", run<rehash_devices>, "an end to bare secrets",
     true},
    {http::method::get, "/admin/v1/devices/{id}", run<show_device>, "one device"},
    {http::method::patch, "/admin/v1/devices/{id}", run<change_device>, "change a device"},
    {http::method::delete_, "/admin/v1/devices/{id}", run<delete_device>, "revoke a device"},
    {http::method::post, "/admin/v1/devices/{id}/rotate", run<rotate_device>,
     "another secret for a device", true},
    {http::method::post, "/admin/v1/devices/{id}/revoke", run<revoke_device>, "revoke a device",
     true},
    {http::method::post, "/admin/v1/revocations", run<create_revocation>, "revoke tokens"},
    {http::method::get, "/admin/v1/revocations", run<list_revocations>,
     "what is revoked of tokens"},
    {http::method::delete_, "/admin/v1/revocations/{id}", run<delete_revocation>,
     "take a revocation back"},
    {http::method::get, "/admin/v1/signing-keys", run<list_signing_keys>,
     "what our tokens are signed with"},
    {http::method::post, "/admin/v1/signing-keys/rotate", run<rotate_signing_keys>,
     "rotate the signing keys", true},
    {http::method::get, "/admin/v1/audit-events", run<list_audit_events>,
     "who changed what, and when"},
    {http::method::get, "/admin/v1/nodes", run<list_nodes>, "the processes on this database"},
    {http::method::post, "/admin/v1/reload", run<reload_configuration>,
     "obey the configuration as it is now", true},
    {http::method::get, "/admin/v1/findings", run<list_findings>,
     "what an operator should look at"},
    {http::method::get, "/admin/v1/status", run<admin_status>, "what this process is doing"},
}};
constexpr http::router<admin_api, routes.size()> table(routes);
static_assert(routes.size() < http::metrics::endpoints_max);

} // namespace

void admin_api::handle(http::exchange& ex) {
    table.handle(ex, *this);
}

std::optional<http::refusal> admin_api::objection(const http::request& asked) const {
    return table.objection(asked);
}

http::body_bound admin_api::bound_of(const http::request& asked) const {
    return table.bound_of(asked);
}

bool admin_api::refuse_unready(http::exchange& ex) const {
    return api::refuse_unready(ex, status);
}

std::span<const std::string_view> admin_api::endpoint_names() {
    return table.names();
}

} // namespace latchkey::api

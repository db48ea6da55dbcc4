#include <latchkey/api/admin_api.hpp>

#include "api/admin/change_terms.hpp"
#include "api/admin/endpoints.hpp"
#include "api/admin/reach.hpp"
#include "api/caller_refusals.hpp"
#include "api/description/admin_operations.hpp"
#include "api/public/process.hpp"

#include <latchkey/http/metrics.hpp>
#include <latchkey/http/router.hpp>

#include <array>

namespace latchkey::api {

namespace {

// An endpoint about all organizations. What a new route does not say, only such callers may.
template <admin_endpoint Endpoint, keeps_to Kept = keeps_to::nothing>
void run(http::exchange& ex, admin_api& api) {
    const auto why = unless_reached(ex, Kept);
    if (api.callers && !is_operator(ex)) api.callers->count_reach(!why);
    if (why) return ex.refuse(*why);
    const auto how = ex.request.method;
    const bool may_change = http::takes_body(how) || how == http::method::delete_;
    answer(ex, may_change ? change(ex, api, Endpoint) : Endpoint(ex, api));
}

// One that keeps to the organization that its caller is bound to (`only_organization`).
template <admin_endpoint Endpoint>
void run_within(http::exchange& ex, admin_api& api) {
    run<Endpoint, keeps_to::organization>(ex, api);
}

// One that changes the key in the path, which may be a caller's.
template <admin_endpoint Endpoint>
core::task<reply> if_key_reached(http::exchange& ex, admin_api& api) {
    auto why = co_await unless_key_reached(ex, api);
    if (why) co_return std::move(*why);
    auto told = co_await Endpoint(ex, api);
    co_return told;
}
template <admin_endpoint Endpoint>
void run_on_key(http::exchange& ex, admin_api& api) {
    run_within<if_key_reached<Endpoint>>(ex, api);
}

// Whoever is known may ask who it is.
void run_whoami(http::exchange& ex, admin_api& api) {
    if (api.callers && !is_operator(ex)) api.callers->count_reach(true);
    answer(ex, show_caller(ex, api));
}

constexpr http::body_bound long_body{&http::configuration::long_body_bytes_max,
                                     "server.batch_bytes_max"};

constexpr std::array<http::route<admin_api>, 54> routes = {{
    {http::method::post, "/admin/v1/organizations", run<create_organization>,
     "make an organization"},
    {http::method::get, "/admin/v1/organizations", run_within<list_organizations>,
     "the organizations"},
    {http::method::get, "/admin/v1/organizations/{id}", run_within<show_organization>,
     "one organization"},
    {http::method::patch, "/admin/v1/organizations/{id}", run_within<change_organization>,
     "rename, disable or enable an organization"},
    {http::method::post, "/admin/v1/api-keys", run_within<create_api_key>, "make an API key"},
    {http::method::get, "/admin/v1/api-keys", run_within<list_api_keys>, "the API keys"},
    {http::method::get, "/admin/v1/api-keys/{id}", run_within<show_api_key>, "one API key"},
    {http::method::patch, "/admin/v1/api-keys/{id}", run_on_key<change_api_key>,
     "change an API key"},
    {http::method::delete_, "/admin/v1/api-keys/{id}", run_on_key<delete_api_key>,
     "revoke an API key"},
    {http::method::post, "/admin/v1/api-keys/{id}/rotate", run_on_key<rotate_api_key>,
     "another secret for an API key", true},
    {http::method::post, "/admin/v1/api-keys/{id}/revoke", run_on_key<revoke_api_key>,
     "revoke an API key", true},
    {http::method::post, "/admin/v1/api-keys/import", run<import_api_keys>,
     "API keys that were made elsewhere, by their hashes", false, long_body},
    {http::method::get, "/admin/v1/api-keys/export", run<export_api_keys>,
     "API keys with their hashes"},
    {http::method::post, "/admin/v1/api-keys/adopt", run<adopt_api_keys>,
     "take keys over from the older service's arrays", true},
    {http::method::get, "/admin/v1/api-keys/{id}/credits", run_within<show_key_credits>,
     "what a key may still spend"},
    {http::method::patch, "/admin/v1/api-keys/{id}/credits", run_within<set_key_credits>,
     "give a key credits, or change them"},
    {http::method::post, "/admin/v1/api-keys/{id}/credits", run_within<add_key_credits>,
     "add credits to a key's"},
    {http::method::delete_, "/admin/v1/api-keys/{id}/credits", run_within<remove_key_credits>,
     "take a key's own credits away"},
    {http::method::get, "/admin/v1/owner-credits", run_within<show_owner_credits>,
     "what the keys of an owner may still spend"},
    {http::method::patch, "/admin/v1/owner-credits", run_within<set_owner_credits>,
     "give an owner credits, or change them"},
    {http::method::post, "/admin/v1/owner-credits", run_within<add_owner_credits>,
     "add credits to an owner's"},
    {http::method::delete_, "/admin/v1/owner-credits", run_within<remove_owner_credits>,
     "take an owner's credits away"},
    {http::method::get, "/admin/v1/credit-accounts", run_within<list_credit_accounts>,
     "the credits of keys and owners"},
    {http::method::get, "/admin/v1/usage", run_within<list_usage>,
     "how much was used of which key, by day"},
    {http::method::post, "/admin/v1/devices", run_within<register_device>, "register a device"},
    {http::method::get, "/admin/v1/devices", run_within<list_devices>, "the devices"},
    {http::method::post, "/admin/v1/devices/import", run<import_devices>,
     "devices with stored secrets"},
    {http::method::get, "/admin/v1/devices/export", run<export_devices>,
     "devices with the stored forms of their secrets"},
    {http::method::post, "/admin/v1/devices/rehash", run<rehash_devices>, "an end to bare secrets",
     true},
    {http::method::get, "/admin/v1/devices/{id}", run_within<show_device>, "one device"},
    {http::method::patch, "/admin/v1/devices/{id}", run_within<change_device>, "change a device"},
    {http::method::delete_, "/admin/v1/devices/{id}", run_within<delete_device>, "revoke a device"},
    {http::method::post, "/admin/v1/devices/{id}/rotate", run_within<rotate_device>,
     "another secret for a device", true},
    {http::method::post, "/admin/v1/devices/{id}/revoke", run_within<revoke_device>,
     "revoke a device", true},
    {http::method::post, "/admin/v1/roles", run_within<create_role>, "make a role"},
    {http::method::get, "/admin/v1/roles", run_within<list_roles>, "the roles"},
    {http::method::get, "/admin/v1/roles/{id}", run_within<show_role>, "one role"},
    {http::method::patch, "/admin/v1/roles/{id}", run_within<change_role>, "change a role"},
    {http::method::delete_, "/admin/v1/roles/{id}", run_within<delete_role>, "delete a role"},
    {http::method::post, "/admin/v1/roles/{id}/grant", run_within<grant_role>,
     "grant a role to a key or a device"},
    {http::method::post, "/admin/v1/roles/{id}/ungrant", run_within<ungrant_role>,
     "take a role from a key or a device"},
    {http::method::get, "/admin/v1/roles/{id}/grants", run_within<list_role_grants>,
     "who holds a role"},
    {http::method::post, "/admin/v1/revocations", run_within<create_revocation>, "revoke tokens"},
    {http::method::get, "/admin/v1/revocations", run_within<list_revocations>,
     "what is revoked of tokens"},
    {http::method::delete_, "/admin/v1/revocations/{id}", run_within<delete_revocation>,
     "take a revocation back"},
    {http::method::get, "/admin/v1/signing-keys", run<list_signing_keys>,
     "what our tokens are signed with"},
    {http::method::post, "/admin/v1/signing-keys/rotate", run<rotate_signing_keys>,
     "rotate the signing keys", true},
    {http::method::get, "/admin/v1/audit-events", run_within<list_audit_events>,
     "who changed what, and when"},
    {http::method::get, "/admin/v1/nodes", run<list_nodes>, "the processes on this database"},
    {http::method::post, "/admin/v1/issuers/refresh", run<refresh_issuers>,
     "fetch issuers' keys at once", true},
    {http::method::post, "/admin/v1/reload", run<reload_configuration>,
     "obey the configuration as it is now", true},
    {http::method::get, "/admin/v1/findings", run<list_findings>,
     "what an operator should look at"},
    {http::method::get, "/admin/v1/caller", run_whoami, "who asks, and what it may"},
    {http::method::get, "/admin/v1/status", run<admin_status>, "what this process is doing"},
}};
constexpr http::router<admin_api, routes.size()> table(routes);
static_assert(routes.size() < http::metrics::endpoints_max);
static_assert(description::describes(description::admin_operations, table.terms()),
              "api/description/admin_operations.hpp has one operation for each route");

} // namespace

bool admin_api::admit(http::exchange& ex) {
    if (is_operator(ex) || ex.accompanied_by()) return true;
    if (callers) return callers->admit(ex, *this);
    refuse_unknown_caller(ex, "only an operator at the unix socket may ask here");
    return false;
}

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

std::span<const http::route_terms> admin_api::routes() {
    return table.terms();
}

void admin_api::describe_caller(const http::exchange& ex, std::vector<core::log_field>& out) const {
    log_caller(ex, out);
}

std::span<const std::string_view> admin_api::endpoint_names() {
    return table.names();
}

} // namespace latchkey::api

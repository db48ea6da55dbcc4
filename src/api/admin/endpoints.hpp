#pragma once
// The admin listener's endpoints (reply.hpp). Control thread.

#include "api/admin/reply.hpp"

namespace latchkey::api {

/// POST /admin/v1/organizations
core::task<reply> create_organization(http::exchange&, admin_api&);
/// GET /admin/v1/organizations
core::task<reply> list_organizations(http::exchange&, admin_api&);
/// GET /admin/v1/organizations/{id}
core::task<reply> show_organization(http::exchange&, admin_api&);
/// PATCH /admin/v1/organizations/{id}
core::task<reply> change_organization(http::exchange&, admin_api&);

/// POST /admin/v1/api-keys
core::task<reply> create_api_key(http::exchange&, admin_api&);
/// GET /admin/v1/api-keys
core::task<reply> list_api_keys(http::exchange&, admin_api&);
/// GET /admin/v1/api-keys/{id}
core::task<reply> show_api_key(http::exchange&, admin_api&);
/// PATCH /admin/v1/api-keys/{id}
core::task<reply> change_api_key(http::exchange&, admin_api&);
/// DELETE /admin/v1/api-keys/{id}
core::task<reply> delete_api_key(http::exchange&, admin_api&);
/// POST /admin/v1/api-keys/{id}/rotate
core::task<reply> rotate_api_key(http::exchange&, admin_api&);
/// POST /admin/v1/api-keys/{id}/revoke
core::task<reply> revoke_api_key(http::exchange&, admin_api&);
/// POST /admin/v1/api-keys/import
core::task<reply> import_api_keys(http::exchange&, admin_api&);
/// GET /admin/v1/api-keys/export
core::task<reply> export_api_keys(http::exchange&, admin_api&);
/// POST /admin/v1/api-keys/adopt
core::task<reply> adopt_api_keys(http::exchange&, admin_api&);

/// GET /admin/v1/api-keys/{id}/credits
core::task<reply> show_key_credits(http::exchange&, admin_api&);
/// PATCH /admin/v1/api-keys/{id}/credits
core::task<reply> set_key_credits(http::exchange&, admin_api&);
/// POST /admin/v1/api-keys/{id}/credits
core::task<reply> add_key_credits(http::exchange&, admin_api&);
/// DELETE /admin/v1/api-keys/{id}/credits
core::task<reply> remove_key_credits(http::exchange&, admin_api&);
/// GET /admin/v1/owner-credits
core::task<reply> show_owner_credits(http::exchange&, admin_api&);
/// PATCH /admin/v1/owner-credits
core::task<reply> set_owner_credits(http::exchange&, admin_api&);
/// POST /admin/v1/owner-credits
core::task<reply> add_owner_credits(http::exchange&, admin_api&);
/// DELETE /admin/v1/owner-credits
core::task<reply> remove_owner_credits(http::exchange&, admin_api&);
/// GET /admin/v1/credit-accounts
core::task<reply> list_credit_accounts(http::exchange&, admin_api&);
/// GET /admin/v1/usage
core::task<reply> list_usage(http::exchange&, admin_api&);

/// POST /admin/v1/devices
core::task<reply> register_device(http::exchange&, admin_api&);
/// GET /admin/v1/devices
core::task<reply> list_devices(http::exchange&, admin_api&);
/// GET /admin/v1/devices/{id}
core::task<reply> show_device(http::exchange&, admin_api&);
/// PATCH /admin/v1/devices/{id}
core::task<reply> change_device(http::exchange&, admin_api&);
/// DELETE /admin/v1/devices/{id}
core::task<reply> delete_device(http::exchange&, admin_api&);
/// POST /admin/v1/devices/{id}/rotate
core::task<reply> rotate_device(http::exchange&, admin_api&);
/// POST /admin/v1/devices/{id}/revoke
core::task<reply> revoke_device(http::exchange&, admin_api&);
/// GET /admin/v1/devices/export
core::task<reply> export_devices(http::exchange&, admin_api&);
/// POST /admin/v1/devices/import
core::task<reply> import_devices(http::exchange&, admin_api&);
/// POST /admin/v1/devices/rehash
core::task<reply> rehash_devices(http::exchange&, admin_api&);

/// POST /admin/v1/roles
core::task<reply> create_role(http::exchange&, admin_api&);
/// GET /admin/v1/roles
core::task<reply> list_roles(http::exchange&, admin_api&);
/// GET /admin/v1/roles/{id}
core::task<reply> show_role(http::exchange&, admin_api&);
/// PATCH /admin/v1/roles/{id}
core::task<reply> change_role(http::exchange&, admin_api&);
/// DELETE /admin/v1/roles/{id}
core::task<reply> delete_role(http::exchange&, admin_api&);
/// POST /admin/v1/roles/{id}/grant
core::task<reply> grant_role(http::exchange&, admin_api&);
/// POST /admin/v1/roles/{id}/ungrant
core::task<reply> ungrant_role(http::exchange&, admin_api&);
/// GET /admin/v1/roles/{id}/grants
core::task<reply> list_role_grants(http::exchange&, admin_api&);

/// POST /admin/v1/revocations
core::task<reply> create_revocation(http::exchange&, admin_api&);
/// GET /admin/v1/revocations
core::task<reply> list_revocations(http::exchange&, admin_api&);
/// DELETE /admin/v1/revocations/{id}
core::task<reply> delete_revocation(http::exchange&, admin_api&);

/// GET /admin/v1/signing-keys
core::task<reply> list_signing_keys(http::exchange&, admin_api&);
/// POST /admin/v1/signing-keys/rotate
core::task<reply> rotate_signing_keys(http::exchange&, admin_api&);

/// GET /admin/v1/audit-events
core::task<reply> list_audit_events(http::exchange&, admin_api&);

/// GET /admin/v1/nodes
core::task<reply> list_nodes(http::exchange&, admin_api&);

/// GET /admin/v1/caller
core::task<reply> show_caller(http::exchange&, admin_api&);

/// GET /admin/v1/status
core::task<reply> admin_status(http::exchange&, admin_api&);

/// GET /admin/v1/findings
core::task<reply> list_findings(http::exchange&, admin_api&);

/// POST /admin/v1/issuers/refresh
core::task<reply> refresh_issuers(http::exchange&, admin_api&);

/// POST /admin/v1/reload
core::task<reply> reload_configuration(http::exchange&, admin_api&);

} // namespace latchkey::api

#pragma once
// The admin listener's endpoints. Each answers the exchange, at once or when the database has
// answered. Control thread.

namespace latchkey::http {
class exchange;
}

namespace latchkey::api {

class admin_api;

/// POST /admin/v1/organizations
void create_organization(http::exchange&, admin_api&);

/// POST /admin/v1/api-keys
void create_api_key(http::exchange&, admin_api&);
/// POST /admin/v1/api-keys/{id}/revoke
void revoke_api_key(http::exchange&, admin_api&);

/// POST /admin/v1/devices
void register_device(http::exchange&, admin_api&);
/// GET /admin/v1/devices
void list_devices(http::exchange&, admin_api&);
/// GET /admin/v1/devices/{id}
void show_device(http::exchange&, admin_api&);
/// POST /admin/v1/devices/{id}/rotate
void rotate_device(http::exchange&, admin_api&);
/// POST /admin/v1/devices/{id}/revoke
void revoke_device(http::exchange&, admin_api&);
/// POST /admin/v1/devices/import
void import_devices(http::exchange&, admin_api&);
/// POST /admin/v1/devices/rehash
void rehash_devices(http::exchange&, admin_api&);

/// POST /admin/v1/revocations
void create_revocation(http::exchange&, admin_api&);
/// GET /admin/v1/revocations
void list_revocations(http::exchange&, admin_api&);
/// DELETE /admin/v1/revocations/{id}
void delete_revocation(http::exchange&, admin_api&);

/// GET /admin/v1/signing-keys
void list_signing_keys(http::exchange&, admin_api&);
/// POST /admin/v1/signing-keys/rotate
void rotate_signing_keys(http::exchange&, admin_api&);

/// GET /admin/v1/nodes
void list_nodes(http::exchange&, admin_api&);

/// GET /admin/v1/status
void admin_status(http::exchange&, admin_api&);

/// POST /admin/v1/reload
void reload_configuration(http::exchange&, admin_api&);

} // namespace latchkey::api

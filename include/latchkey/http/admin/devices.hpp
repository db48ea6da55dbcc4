#pragma once

namespace latchkey::http {

class admin_api;
class exchange;

/// POST /admin/v1/devices
void register_device(exchange&, admin_api&);
/// GET /admin/v1/devices
void list_devices(exchange&, admin_api&);
/// GET /admin/v1/devices/{id}
void show_device(exchange&, admin_api&);
/// POST /admin/v1/devices/{id}/rotate
void rotate_device(exchange&, admin_api&);
/// POST /admin/v1/devices/{id}/revoke
void revoke_device(exchange&, admin_api&);
/// POST /admin/v1/devices/import
void import_devices(exchange&, admin_api&);
/// POST /admin/v1/devices/rehash
void rehash_devices(exchange&, admin_api&);

} // namespace latchkey::http

#pragma once

namespace latchkey::http {

class admin_api;
class exchange;

/// POST /admin/v1/api-keys
void create_api_key(exchange&, admin_api&);
/// POST /admin/v1/api-keys/{id}/revoke
void revoke_api_key(exchange&, admin_api&);

} // namespace latchkey::http

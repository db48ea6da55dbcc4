#pragma once

namespace latchkey::http {

class exchange;
class admin_api;

/// GET /admin/v1/signing-keys
void list_signing_keys(exchange&, admin_api&);
/// POST /admin/v1/signing-keys/rotate
void rotate_signing_keys(exchange&, admin_api&);

} // namespace latchkey::http

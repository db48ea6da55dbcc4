#pragma once

namespace latchkey::http {

class exchange;
class admin_api;

/// POST /admin/v1/revocations
void create_revocation(exchange&, admin_api&);
/// GET /admin/v1/revocations
void list_revocations(exchange&, admin_api&);
/// DELETE /admin/v1/revocations/{id}
void delete_revocation(exchange&, admin_api&);

} // namespace latchkey::http

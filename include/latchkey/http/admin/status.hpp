#pragma once

namespace latchkey::http {

class admin_api;
class exchange;

/// GET /admin/v1/status
void admin_status(exchange&, admin_api&);

} // namespace latchkey::http

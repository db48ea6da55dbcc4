#pragma once

namespace latchkey::http {

class admin_api;
class exchange;

/// GET /admin/v1/nodes
void list_nodes(exchange&, admin_api&);

} // namespace latchkey::http

#pragma once

namespace latchkey::http {

class admin_api;
class exchange;

/// POST /admin/v1/organizations
void create_organization(exchange&, admin_api&);

} // namespace latchkey::http

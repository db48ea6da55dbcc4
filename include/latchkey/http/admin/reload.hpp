#pragma once

namespace latchkey::http {

class admin_api;
class exchange;

/// POST /admin/v1/reload
void reload_configuration(exchange&, admin_api&);

} // namespace latchkey::http

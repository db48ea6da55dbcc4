// GET /admin/v1/status: what this process is doing
//   200 {version, node, pid, started_at, uptime_seconds, ready, reason?, workers, connections, …}
#include <latchkey/http/admin/status.hpp>

#include <latchkey/http/admin_api.hpp>

namespace latchkey::http {

void admin_status(exchange& ex, admin_api& api) {
    ex.answer(200, json_type, api.status.details(), "Cache-Control: no-store\r\n");
}

} // namespace latchkey::http

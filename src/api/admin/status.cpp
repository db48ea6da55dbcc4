// GET /admin/v1/status: what this process is doing
//   200 {version, node, pid, started_at, uptime_seconds, ready, reason?, workers, connections, …}
#include "api/admin/endpoints.hpp"

#include <latchkey/api/admin_api.hpp>

namespace latchkey::api {

void admin_status(http::exchange& ex, admin_api& api) {
    ex.answer(200, http::json_type, api.status.details(), "Cache-Control: no-store\r\n");
}

} // namespace latchkey::api

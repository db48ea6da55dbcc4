// GET /admin/v1/status: what this process is doing
//   200 {version, node, pid, started_at, uptime_seconds, ready, reason?, workers, connections, …}
#include "api/admin/endpoints.hpp"

#include <latchkey/api/admin_api.hpp>

namespace latchkey::api {

core::task<reply> admin_status(http::exchange&, admin_api& api) {
    co_return reply(200, api.status.details());
}

} // namespace latchkey::api

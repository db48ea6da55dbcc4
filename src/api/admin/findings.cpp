// GET /admin/v1/findings: what an operator should look at, as the server's last check found it
//   200 {checked_at, findings:[{name, severity:"warning"|"error", message, mend}]}
#include "api/admin/endpoints.hpp"

#include <latchkey/api/admin_api.hpp>

namespace latchkey::api {

core::task<reply> list_findings(http::exchange&, admin_api& api) {
    co_return reply(200, api.status.findings());
}

} // namespace latchkey::api

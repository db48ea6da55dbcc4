// POST /admin/v1/reload: apply the configuration as it is now, without a restart
//   no body
//   200 {changed:[{key, from, to}], needs_restart:[{key, from, to}]}; null for what is not shown
//   422 it is wrong, and nothing has changed   503 the server is stopping
#include "api/admin/endpoints.hpp"

#include "api/admin/pending_change.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>

namespace latchkey::api {

namespace {

void answer(http::exchange& ex, const std::string& report) {
    ex.answer(200, http::json_type, report, "Cache-Control: no-store\r\n");
}

} // namespace

void reload_configuration(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (!read_body(ex, body, {}, true)) return;
    if (!api.reload) return ex.refuse({503, "this server cannot reload"});
    pending_change<std::string>::begin(ex, answer, [&](auto done) { api.reload(std::move(done)); });
}

} // namespace latchkey::api

// POST /admin/v1/reload: obeys the configuration as it is now, without a restart
//   no body
//   200 {changed:[{key, from, to}], needs_restart:[{key, from, to}]}; null for what is not shown
//   422 it is no good, and nothing has changed   503 the server is stopping
#include <latchkey/http/admin/reload.hpp>

#include <latchkey/http/admin/pending_change.hpp>
#include <latchkey/http/admin/read_body.hpp>
#include <latchkey/http/admin_api.hpp>

namespace latchkey::http {

namespace {

void answer(exchange& ex, const std::string& report) {
    ex.answer(200, json_type, report, "Cache-Control: no-store\r\n");
}

} // namespace

void reload_configuration(exchange& ex, admin_api& api) {
    json_body body;
    if (!read_body(ex, body, {}, true)) return;
    if (!api.reload) return ex.refuse({503, "this server cannot reload"});
    pending_change<std::string>::begin(ex, answer, [&](auto done) { api.reload(std::move(done)); });
}

} // namespace latchkey::http

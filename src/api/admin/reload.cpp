// POST /admin/v1/reload: apply the configuration as it is now, without a restart
//   no body
//   200 {changed:[{key, from, to}], needs_restart:[{key, from, to}], recorded}; null for what is
//       not shown; `recorded`: the audit trail has it
//   422 it is wrong, and nothing has changed   503 the server is stopping
#include "api/admin/endpoints.hpp"

#include "api/admin/asked_by.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>

namespace latchkey::api {

core::task<reply> reload_configuration(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (const auto why = read_body(ex.request, body, {}, true)) co_return *why;
    if (!api.reload) co_return http::refusal{503, "this server cannot reload"};

    const auto report = co_await core::called_back<core::result<std::string>>(
        [&](auto done) { api.reload(std::move(done)); });
    if (!report) co_return report.error();
    auth::audit_act done{"server.reload", "server", {}, {}, *report};
    auto by = asked_by(ex);
    // It has happened already, and may be what brings the database back.
    const auto recorded = co_await api.audit->record_act(std::move(done), by);
    co_return reply(200, report->substr(0, report->size() - 1) + R"(,"recorded":)" +
                             (recorded ? "true}" : "false}"));
}

} // namespace latchkey::api

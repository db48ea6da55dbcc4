// GET /admin/v1/audit-events: who changed what, and when
//   ?since=&until=&actor=&action=&object_id=&organization_id=&order=asc|desc&limit=&cursor=
//   200 {audit_events:[{event_id, at, actor, action, object_kind, object_id, organization_id,
//        request_id, before, after}], next_cursor, more}
// A page may have fewer events than `limit`, or none, and yet not be the last one: `more` says so.
// With order=asc there is always a next_cursor: asked with it again, the endpoint answers with what
// was committed since.
#include "api/admin/endpoints.hpp"

#include "api/admin/list_parameters.hpp"
#include "api/admin/list_query.hpp"
#include "api/admin/only_organization.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/core/text/json_object.hpp>
#include <latchkey/core/text/rfc3339.hpp>

namespace latchkey::api {

namespace {

// Returns nullopt if all is well.
std::optional<http::refusal> take_time(const query_parameters& query, std::string_view name,
                                       std::optional<core::real_time>& out) {
    const auto& text = query[name];
    if (!text) return std::nullopt;
    out = core::parse_rfc3339(*text);
    if (out) return std::nullopt;
    return http::refusal{400, '"' + std::string(name) +
                                  "\" must be a time such as 2027-01-01T00:00:00Z"};
}

std::optional<http::refusal> read(std::string_view text, auth::audit_query& asked) {
    const auto query = query_parameters::read(text, lists::audit_events.names());
    if (!query) return http::refusal{400, query.error().message};
    const auto order = query->one_of("order", lists::orders);
    if (!order) return http::refusal{400, order.error().message};
    const auto limit = query->limit();
    if (!limit) return http::refusal{400, limit.error().message};
    asked.oldest_first = *order == "asc";
    asked.limit = *limit;
    asked.actor = (*query)["actor"];
    asked.action = (*query)["action"];
    asked.object_id = (*query)["object_id"];
    asked.organization_id = (*query)["organization_id"];
    asked.cursor = (*query)["cursor"];
    if (auto why = take_time(*query, "since", asked.since)) return why;
    return take_time(*query, "until", asked.until);
}

core::json_value json_or_null(const std::optional<std::string>& json) {
    return json ? core::compact_json(*json) : core::json_value(nullptr);
}

core::json_value json_of(const auth::audit_event& e) {
    return core::json_object({{"event_id", e.event_id},
                              {"at", e.at},
                              {"actor", core::compact_json(e.actor)},
                              {"action", e.action},
                              {"object_kind", e.object_kind},
                              {"object_id", e.object_id},
                              {"organization_id", e.organization_id},
                              {"request_id", e.request_id},
                              {"before", json_or_null(e.before)},
                              {"after", json_or_null(e.after)}});
}

} // namespace

core::task<reply> list_audit_events(http::exchange& ex, admin_api& api) {
    auth::audit_query asked;
    if (const auto why = read(ex.request.query, asked)) co_return *why;
    asked.only_organization = only_organization(ex);
    const auto found = co_await api.audit->list_audit_events(std::move(asked));
    if (!found) co_return found.error();
    const auto one = [](const auth::audit_event& e) { return json_of(e); };
    co_return reply(200, core::json_object({{"audit_events", core::json_array(found->events, one)},
                                            {"next_cursor", found->next_cursor},
                                            {"more", found->more}})
                             .text);
}

} // namespace latchkey::api

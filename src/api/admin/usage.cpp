// GET /admin/v1/usage: how much was used of which key, by day
//   ?since=&until=&organization_id=&key_id=&external_id=&by=key|owner|day&limit=&cursor=
//   200 {usage:[{day, organization_id, key_id, external_id, valid, cost, credits}], counted,
//        next_cursor}   400 a parameter that cannot be read
// `counted` is false if this node counts no uses (use.enabled).
#include "api/admin/endpoints.hpp"
#include "api/admin/list_parameters.hpp"
#include "api/admin/list_query.hpp"
#include "api/admin/only_organization.hpp"
#include "api/admin/page.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/core/text/rfc3339.hpp>

namespace latchkey::api {

namespace {

// Returns nullopt if all is well.
std::optional<http::refusal> take_day(const query_parameters& query, std::string_view name,
                                      std::optional<std::string>& out) {
    out = query[name];
    if (!out || (out->size() == 10 && core::parse_rfc3339(*out + "T00:00:00Z")))
        return std::nullopt;
    return http::refusal{400, '"' + std::string(name) + "\" must be a day such as 2027-01-31"};
}

std::optional<http::refusal> read(std::string_view text, auth::usage_page& page) {
    const auto query = query_parameters::read(text, lists::usage.names());
    if (!query) return http::refusal{400, query.error().message};
    page.organization_id = (*query)["organization_id"];
    page.key_id = (*query)["key_id"];
    page.external_id = (*query)["external_id"];
    first_failure reading;
    reading.take(query->limit(), page.limit)
        .take(query->after(), page.after)
        .take(query->one_of("by", lists::usage_sums), page.by);
    if (reading.why) return http::refusal{400, reading.why->message};
    if (auto why = take_day(*query, "since", page.since)) return why;
    return take_day(*query, "until", page.until);
}

core::json_value json_of(const auth::usage_row& row) {
    return core::json_object({{"day", row.day},
                              {"organization_id", row.organization_id},
                              {"key_id", row.key_id},
                              {"external_id", row.external_id},
                              {"valid", row.valid},
                              {"cost", row.cost},
                              {"credits", row.credits}});
}

std::string text_of(const auth::found_page<auth::usage_row>& page, bool counted) {
    core::json_value next = nullptr;
    if (page.next) next = cursor_after(*page.next);
    const auto one = [](const auth::usage_row& row) { return json_of(row); };
    return core::json_object({{"usage", core::json_array(page.objects, one)},
                              {"counted", counted},
                              {"next_cursor", next}})
        .text;
}

} // namespace

core::task<reply> list_usage(http::exchange& ex, admin_api& api) {
    auth::usage_page page;
    if (const auto why = read(ex.request.query, page)) co_return *why;
    if (!limit_to(page, only_organization(ex), api.changes.organization_ids()))
        co_return reply(200, text_of({}, api.counts_uses));
    const auto found = co_await api.usage->list_usage(std::move(page));
    if (!found) co_return no_page(found.error());
    co_return reply(200, text_of(*found, api.counts_uses));
}

} // namespace latchkey::api

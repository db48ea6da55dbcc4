// POST /admin/v1/api-keys: make an API key; the answer shows it once
//   {organization_id, name, scopes?, roles?, expires_in?, external_id?, metadata?, allowed_ips?,
//    env?, rate_limit?:{quantity, window, burst?, scope?},
//    credits?:{remaining, refill?:{amount, every}}}
//   201 the key as below, with api_key   404 no such organization
//   403 a scope that the caller does not hold   422 bad input
// GET /admin/v1/api-keys?organization_id=&name=&external_id=&state=&unused_for=&expiring_within=
//                       &key_hash=&limit=&cursor=
//   200 {api_keys:[…], next_cursor}   400 a parameter that cannot be read
// GET /admin/v1/api-keys/{id}
//   200 {key_id, hint, organization_id, name, external_id, scopes, roles, metadata, allowed_ips,
//        enabled, state, expires_at, revoked_at, reason, rate_limit, credits, generation, previous,
//        origin,
//        created_at, last_used_at, uses}   404
#include "api/admin/api_key_json.hpp"
#include "api/admin/asked_by.hpp"
#include "api/admin/endpoints.hpp"
#include "api/admin/list_parameters.hpp"
#include "api/admin/only_organization.hpp"
#include "api/admin/page.hpp"
#include "api/admin/reach.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/api/admin_requests.hpp>

#include <chrono>

namespace latchkey::api {

namespace {

constexpr const auto& fields = admin_requests::create_api_key;

std::optional<http::refusal> read(const http::json_body& body,
                                  auth::create_api_key_request& asked) {
    take(body[fields["organization_id"]], asked.organization_id);
    take(body[fields["name"]], asked.name);
    take(body[fields["scopes"]], asked.scopes);
    take(body[fields["roles"]], asked.roles);
    take(body[fields["allowed_ips"]], asked.allowed_ips);
    take(body[fields["external_id"]], asked.external_id);
    take(body[fields["metadata"]], asked.metadata);
    take(body[fields["env"]], asked.env);
    const auto& expires_in = body[fields["expires_in"]];
    if (expires_in.present) asked.expires_in = core::seconds(expires_in.integer);
    const auto& limit = body[fields["rate_limit"]];
    if (limit.present)
        if (auto why = read_limit(limit.text, asked.rate_limit.emplace())) return why;
    const auto& credits = body[fields["credits"]];
    return credits.present ? read_credits(credits.text, asked.credits.emplace()) : std::nullopt;
}

core::result<auth::api_key_page> read_api_key_page(std::string_view query) {
    const auto given = query_parameters::read(query, lists::api_keys.names());
    if (!given) return given.error();
    auth::api_key_page page;
    page.organization_id = (*given)["organization_id"];
    page.name = (*given)["name"];
    page.external_id = (*given)["external_id"];
    first_failure reading;
    reading.take(given->limit(), page.limit)
        .take(given->after(), page.after)
        .take(given->one_of("state", lists::key_states), page.state)
        .take(given->seconds("unused_for"), page.unused_for)
        .take(given->seconds("expiring_within"), page.expiring_within)
        .take(given->hash("key_hash"), page.key_hash);
    if (reading.why) return *reading.why;
    return page;
}

} // namespace

core::task<reply> create_api_key(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (const auto why = read_body(ex.request, body, fields)) co_return *why;
    auth::create_api_key_request asked;
    if (const auto why = read(body, asked)) co_return *why;

    if (const auto why = unless_organization_reached(ex, asked.organization_id)) co_return *why;
    if (const auto why = unless_held(ex, asked.scopes, asked.organization_id)) co_return *why;

    auto by = asked_by(ex);
    const auto made = co_await auth::create_api_key(api.store, std::move(asked),
                                                    std::chrono::system_clock::now(), by);
    if (!made) co_return made.error();
    co_return reply(201, json_of(auth::as_stored(*made), made->api_key.reveal()).text);
}

core::task<reply> list_api_keys(http::exchange& ex, admin_api& api) {
    auto page = read_api_key_page(ex.request.query);
    if (!page) co_return http::refusal{400, page.error().message};
    const auto json = [](const auth::stored_api_key& key) { return json_of(key); };
    const auth::found_page<auth::stored_api_key> none;
    if (!limit_to(*page, only_organization(ex), api.changes.organization_ids()))
        co_return reply(200, write_page("api_keys", none, json));

    const auto list = [&api](auth::api_key_page p) {
        return api.store.list_api_keys(std::move(p));
    };
    const auto found = co_await first_with_objects(list, std::move(*page));
    if (!found) co_return no_page(found.error());
    co_return reply(200, write_page("api_keys", *found, json));
}

core::task<reply> show_api_key(http::exchange& ex, admin_api& api) {
    const auto found =
        co_await api.store.show_api_key(std::string(ex.path_id), only_organization(ex));
    if (!found) co_return found.error();
    co_return reply(200, json_of(*found).text);
}

} // namespace latchkey::api

// POST /admin/v1/api-keys/import: store API keys that were made elsewhere, by their hashes; keys
// that are there already are left as they are, so that it may be repeated
//   {keys:[{key_hash, organization_id, …}], format?, organization_id?, dry_run?}
//   `format`: "latchkey" (as /export tells them), "better-auth" or "unkey"; `organization_id`: of
//   keys that name none
//   200 {dry_run, created, exists, skipped,
//        results:[{outcome:"created"|"exists"|"skipped", key_id, why, stripped_scopes}]}
//   422 more than 1000 keys, or an unknown format
// GET /admin/v1/api-keys/export?organization_id=&limit=&cursor=
//   200 {api_keys:[{key_hash, key_id, hint, organization_id, name, external_id, scopes, metadata,
//        allowed_ips, enabled, expires_at, revoked_at, reason, rate_limit, created_at}],
//        next_cursor}
// POST /admin/v1/api-keys/adopt: take over a page of the keys that the older service's arrays own;
// repeat it with `next_cursor`
//   {organization_id?, dry_run?, limit?, cursor?}
//   200 {dry_run, adopted, busy, stripped:[{key_id, scopes}], next_cursor}; `busy`: keys that a
//   writer had, which were left
#include "api/admin/api_key_json.hpp"
#include "api/admin/asked_by.hpp"
#include "api/admin/endpoints.hpp"
#include "api/admin/page.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/api/admin_requests.hpp>
#include <latchkey/auth/api_key/import_api_keys.hpp>
#include <latchkey/core/text/json_object.hpp>
#include <latchkey/crypto/base64url.hpp>
#include <latchkey/crypto/digest.hpp>

#include <algorithm>

namespace latchkey::api {

namespace {

using terms::import_max;
constexpr const auto& import_fields = admin_requests::import_api_keys;
constexpr const auto& adopt_fields = admin_requests::adopt_api_keys;
using reports = std::vector<auth::import_report>;

std::string_view name_of(auth::import_outcome outcome) {
    switch (outcome) {
    case auth::import_outcome::created:
        return "created";
    case auth::import_outcome::exists:
        return "exists";
    case auth::import_outcome::skipped:
        return "skipped";
    }
    return "skipped";
}

std::optional<std::string> unless_empty(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

core::json_value json_of(const auth::import_report& one) {
    return core::json_object({{"outcome", name_of(one.outcome.outcome)},
                              {"key_id", unless_empty(one.outcome.key_id)},
                              {"why", unless_empty(one.outcome.why)},
                              {"stripped_scopes", one.stripped}});
}

std::size_t count(const reports& all, auth::import_outcome outcome) {
    return static_cast<std::size_t>(std::ranges::count_if(
        all, [&](const auto& one) { return one.outcome.outcome == outcome; }));
}

core::json_value json_of(const reports& all, bool dry_run) {
    const auto one = [](const auth::import_report& r) { return json_of(r); };
    return core::json_object({{"dry_run", dry_run},
                              {"created", count(all, auth::import_outcome::created)},
                              {"exists", count(all, auth::import_outcome::exists)},
                              {"skipped", count(all, auth::import_outcome::skipped)},
                              {"results", core::json_array(all, one)}});
}

core::json_value json_of(const auth::key_by_hash& key) {
    return core::json_object({{"key_hash", crypto::to_hex(key.key_hash)},
                              {"key_id", key.key_id},
                              {"hint", key.hint},
                              {"organization_id", key.organization_id},
                              {"name", key.name},
                              {"external_id", key.external_id},
                              {"scopes", key.scopes},
                              {"metadata", core::compact_json(key.metadata)},
                              {"allowed_ips", key.allowed_networks},
                              {"enabled", key.enabled},
                              {"expires_at", key.expires_at},
                              {"revoked_at", key.revoked_at},
                              {"reason", key.revoked_reason},
                              {"rate_limit", api::json_of(key.rate_limit, key.rate_limit_is_fleet)},
                              {"created_at", key.created_at}});
}

} // namespace

core::task<reply> import_api_keys(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (const auto why = read_body(ex.request, body, import_fields)) co_return *why;
    const auto& given = body[import_fields["keys"]].texts;
    if (given.size() > import_max)
        co_return http::refusal{422, "field \"keys\" must have at most " +
                                         std::to_string(import_max) + " elements"};
    auth::key_import_request asked;
    asked.keys.assign(given.begin(), given.end());
    if (const auto& named = body[import_fields["format"]]; named.present) {
        const auto format = auth::key_import_format_of(named.text);
        if (!format)
            co_return http::refusal{
                422, "field \"format\" must be \"latchkey\", \"better-auth\" or \"unkey\""};
        asked.format = *format;
    }
    take(body[import_fields["organization_id"]], asked.organization_id);
    asked.dry_run = body[import_fields["dry_run"]].boolean;
    const bool dry_run = asked.dry_run;

    auto by = asked_by(ex);
    const auto outcome =
        co_await auth::import_api_keys(*api.imports, api.changes, std::move(asked), by);
    if (!outcome) co_return outcome.error();
    co_return reply(200, json_of(*outcome, dry_run).text);
}

core::task<reply> export_api_keys(http::exchange& ex, admin_api& api) {
    auto page = read_export_page<auth::key_page>(ex.request.query);
    if (!page) co_return http::refusal{400, page.error().message};
    const auto limit = page->limit;
    // One more row than asked for shows whether there is a next page.
    ++page->limit;
    const auto one = [](const auth::key_by_hash& key) { return json_of(key); };
    const auto found = co_await api.imports->export_api_keys(std::move(*page));
    if (!found) co_return no_page(found.error());
    const auto cursor_of = [](const auth::key_by_hash& key) { return cursor_after(key.key_id); };
    co_return reply(200, write_page("api_keys", *found, limit, one, cursor_of));
}

core::task<reply> adopt_api_keys(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (const auto why = read_body(ex.request, body, adopt_fields, true)) co_return *why;
    auth::key_page page;
    take(body[adopt_fields["organization_id"]], page.organization_id);
    if (const auto& limit = body[adopt_fields["limit"]]; limit.present) {
        if (!terms::page_limit.bounds(limit.integer))
            co_return http::refusal{422, "field \"limit\" must be from 1 to " +
                                             std::to_string(terms::page_limit_max)};
        page.limit = static_cast<std::size_t>(limit.integer);
    }
    if (const auto& cursor = body[adopt_fields["cursor"]]; cursor.present) {
        page.after = crypto::decode_base64url(cursor.text);
        if (!page.after)
            co_return http::refusal{422, "field \"cursor\" is none that a page before has told"};
    }
    const bool dry_run = body[adopt_fields["dry_run"]].boolean;
    const auto limit = page.limit;

    auto by = asked_by(ex);
    const auto adopted =
        co_await auth::adopt_api_keys(*api.imports, api.changes, std::move(page), dry_run, by);
    if (!adopted) co_return adopted.error();
    const auto busy = static_cast<std::size_t>(
        std::ranges::count_if(*adopted, [](const auto& key) { return key.busy; }));
    std::vector<auth::adopted_key> stripped;
    std::ranges::copy_if(*adopted, std::back_inserter(stripped),
                         [](const auto& key) { return !key.stripped.empty(); });
    const auto one = [](const auth::adopted_key& key) {
        return core::json_object({{"key_id", key.key_id}, {"scopes", key.stripped}});
    };
    core::json_value next = nullptr;
    if (adopted->size() == limit) next = cursor_after(adopted->back().key_id);
    co_return reply(200, core::json_object({{"dry_run", dry_run},
                                            {"adopted", adopted->size() - busy},
                                            {"busy", busy},
                                            {"stripped", core::json_array(stripped, one)},
                                            {"next_cursor", next}})
                             .text);
}

} // namespace latchkey::api

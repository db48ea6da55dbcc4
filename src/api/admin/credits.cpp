// Credits of a key; of an owner (all keys with an external id within an organization) they are at
// /admin/v1/owner-credits?organization_id=&external_id=, with the same methods
// GET /admin/v1/api-keys/{id}/credits: of a key without its own, its owner's
//   200 {key_id, organization_id, external_id, kind, remaining, leased, unaccounted, spent,
//        refill:{amount, every}|null, refills_at}   404 no such key, or no credits
// PATCH: {remaining?, refill?}; makes them if there are none, and null ends the refilling
//   200 as GET   404 no such key   422 bad input
// POST: {amount}; adds them                200 as GET   404
// DELETE: 200 as they were                 404
// GET /admin/v1/credit-accounts?organization_id=&external_id=&limit=&cursor=
//   200 {credit_accounts:[…], next_cursor}
#include "api/admin/api_key_json.hpp"
#include "api/admin/asked_by.hpp"
#include "api/admin/changes.hpp"
#include "api/admin/endpoints.hpp"
#include "api/admin/list_parameters.hpp"
#include "api/admin/only_organization.hpp"
#include "api/admin/page.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/api/admin_requests.hpp>

#include <array>

namespace latchkey::api {

namespace {

core::result<auth::credit_holder> key_in_path(const http::exchange& ex) {
    auth::credit_holder of;
    of.key_id = std::string(ex.path_id);
    of.only_organization = only_organization(ex);
    return of;
}

core::result<auth::credit_holder> owner_in_query(const http::exchange& ex) {
    // A change may be waited for (change_terms.hpp reads that).
    static constexpr std::array<std::string_view, 3> known = {"organization_id", "external_id",
                                                              "wait"};
    const auto given = query_parameters::read(ex.request.query, known);
    if (!given) return given.error();
    const auto& organization = (*given)["organization_id"];
    const auto& owner = (*given)["external_id"];
    if (!organization || !owner)
        return core::failure{core::failure_kind::invalid,
                             "an owner is named by \"organization_id\" and \"external_id\""};
    auth::credit_holder of;
    of.organization_id = *organization;
    of.external_id = *owner;
    of.only_organization = only_organization(ex);
    return of;
}

using name_holder = core::result<auth::credit_holder> (*)(const http::exchange&);

core::task<reply> show(http::exchange& ex, admin_api& api, name_holder holder) {
    auto of = holder(ex);
    if (!of) co_return http::refusal{400, of.error().message};
    const auto found = co_await api.credits->show_credits(std::move(*of));
    if (!found) co_return found.error();
    co_return reply(200, account_json(*found).text);
}

// Returns nullopt if all is well.
std::optional<http::refusal> read(const http::request& request, auth::credit_change& asked) {
    constexpr const auto& fields = admin_requests::set_credits;
    http::json_body body;
    if (auto why = read_body(request, body, fields)) return why;
    if (auto why = unless_changes(body, fields, admin_requests::clearable_of_credits)) return why;
    const auto& remaining = body[fields["remaining"]];
    if (remaining.present) asked.remaining = remaining.integer;
    const auto& refill = body[fields["refill"]];
    if (refill.null) asked.refill = std::optional<auth::credit_refill>();
    if (!refill.present) return std::nullopt;
    return read_refill(refill.text, asked.refill.emplace().emplace());
}

core::task<reply> set(http::exchange& ex, admin_api& api, name_holder holder) {
    auto of = holder(ex);
    if (!of) co_return http::refusal{400, of.error().message};
    auth::credit_change asked;
    if (const auto why = read(ex.request, asked)) co_return *why;
    if (asked.remaining)
        if (auto wrong = auth::check_credits("remaining", *asked.remaining, 0))
            co_return http::refusal{422, *wrong};
    asked.of = std::move(*of);
    auto by = asked_by(ex);
    const auto changed = co_await api.credits->set_credits(std::move(asked), by);
    if (!changed) co_return changed.error();
    co_return reply(200, account_json(*changed).text).of(by);
}

core::task<reply> add(http::exchange& ex, admin_api& api, name_holder holder) {
    auto of = holder(ex);
    if (!of) co_return http::refusal{400, of.error().message};
    constexpr const auto& fields = admin_requests::add_credits;
    http::json_body body;
    if (const auto why = read_body(ex.request, body, fields)) co_return *why;
    const auto amount = body[fields["amount"]].integer;
    if (auto wrong = auth::check_credits("amount", amount, 1)) co_return http::refusal{422, *wrong};
    auto by = asked_by(ex);
    const auto changed = co_await api.credits->add_credits(std::move(*of), amount, by);
    if (!changed) co_return changed.error();
    co_return reply(200, account_json(*changed).text);
}

core::task<reply> remove(http::exchange& ex, admin_api& api, name_holder holder) {
    auto of = holder(ex);
    if (!of) co_return http::refusal{400, of.error().message};
    auto by = asked_by(ex);
    const auto removed = co_await api.credits->remove_credits(std::move(*of), by);
    if (!removed) co_return removed.error();
    co_return reply(200, account_json(*removed).text).of(by);
}

} // namespace

core::task<reply> show_key_credits(http::exchange& ex, admin_api& api) {
    return show(ex, api, key_in_path);
}
core::task<reply> set_key_credits(http::exchange& ex, admin_api& api) {
    return set(ex, api, key_in_path);
}
core::task<reply> add_key_credits(http::exchange& ex, admin_api& api) {
    return add(ex, api, key_in_path);
}
core::task<reply> remove_key_credits(http::exchange& ex, admin_api& api) {
    return remove(ex, api, key_in_path);
}
core::task<reply> show_owner_credits(http::exchange& ex, admin_api& api) {
    return show(ex, api, owner_in_query);
}
core::task<reply> set_owner_credits(http::exchange& ex, admin_api& api) {
    return set(ex, api, owner_in_query);
}
core::task<reply> add_owner_credits(http::exchange& ex, admin_api& api) {
    return add(ex, api, owner_in_query);
}
core::task<reply> remove_owner_credits(http::exchange& ex, admin_api& api) {
    return remove(ex, api, owner_in_query);
}

core::task<reply> list_credit_accounts(http::exchange& ex, admin_api& api) {
    const auto given = query_parameters::read(ex.request.query, lists::credit_accounts.names());
    if (!given) co_return http::refusal{400, given.error().message};
    auth::api_key_page page;
    page.organization_id = (*given)["organization_id"];
    page.external_id = (*given)["external_id"];
    first_failure reading;
    reading.take(given->limit(), page.limit).take(given->after(), page.after);
    if (reading.why) co_return http::refusal{400, reading.why->message};
    const auto json = [](const auth::credit_account& a) { return account_json(a); };
    const auth::found_page<auth::credit_account> none;
    if (!limit_to(page, only_organization(ex), api.changes.organization_ids()))
        co_return reply(200, write_page("credit_accounts", none, json));
    const auto found = co_await api.credits->list_credits(std::move(page));
    if (!found) co_return no_page(found.error());
    co_return reply(200, write_page("credit_accounts", *found, json));
}

} // namespace latchkey::api

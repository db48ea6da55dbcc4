// POST /admin/v1/revocations: revoke tokens
//   {token_id | subject | organization_id, issuer?, issued_before?, expires_at?, reason?, force?}
//   201 {revocation_id, kind, issuer, value, credential_kind, issued_before, expires_at, reason,
//        created_at}
//   422 bad input, or the name is unknown and `force` is not set
// GET /admin/v1/revocations?limit=&cursor=
//   200 {revocations:[…], next_cursor}
// DELETE /admin/v1/revocations/{id}: withdraw it; the tokens are good again once the feed has told
//   200 the withdrawn revocation   404 no such revocation   409 not an operator's
#include "api/admin/asked_by.hpp"
#include "api/admin/endpoints.hpp"

#include "api/admin/only_organization.hpp"
#include "api/admin/page.hpp"
#include "api/admin/reach.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/api/admin_requests.hpp>
#include <latchkey/auth/revocation/revoke_tokens.hpp>
#include <latchkey/core/text/json_object.hpp>
#include <latchkey/core/text/rfc3339.hpp>

#include <chrono>

namespace latchkey::api {

namespace {

constexpr const auto& fields = admin_requests::revoke_tokens;

// Returns nullopt if all is well.
std::optional<http::refusal> take_time(const http::json_body& body, std::size_t which,
                                       std::optional<core::real_time>& out) {
    if (!body[which].present) return std::nullopt;
    out = core::parse_rfc3339(body[which].text);
    if (out) return std::nullopt;
    return http::refusal{400, "field \"" + std::string(fields.all()[which].name) +
                                  "\" must be a time such as \"2027-01-01T00:00:00Z\""};
}

std::optional<http::refusal> read(const http::json_body& body,
                                  auth::token_revocation_request& asked) {
    take(body[fields["issuer"]], asked.issuer);
    take(body[fields["token_id"]], asked.token_id);
    take(body[fields["subject"]], asked.subject);
    take(body[fields["organization_id"]], asked.organization_id);
    take(body[fields["reason"]], asked.reason);
    asked.force = body[fields["force"]].boolean;
    if (auto why = take_time(body, fields["issued_before"], asked.issued_before)) return why;
    return take_time(body, fields["expires_at"], asked.expires_at);
}

core::json_value json_of(const auth::stored_revocation& r) {
    core::json_value issuer = nullptr;
    if (!r.what.issuer.empty()) issuer = r.what.issuer;
    core::json_value of = nullptr;
    if (r.what.of) of = name_of(*r.what.of);
    return core::json_object({{"revocation_id", r.id},
                              {"kind", name_of(r.what.kind)},
                              {"issuer", issuer},
                              {"value", r.what.value},
                              {"credential_kind", of},
                              {"issued_before", r.what.issued_before},
                              {"expires_at", r.what.expires_at},
                              {"reason", r.reason},
                              {"created_at", r.what.created_at}});
}

// The revocations that a caller of one organization sees; nullopt: all.
std::optional<auth::revocation_reach> reach_of(const http::exchange& ex, const admin_api& api) {
    auto only = only_organization(ex);
    if (!only) return std::nullopt;
    return auth::revocation_reach{std::move(*only), std::string(api.keeper.issuer_name())};
}

core::task<reply> list_own_revocations(admin_api& api, const page_request& asked,
                                       auth::revocation_reach reach) {
    const auto list = [&api, &reach](auth::revocation_page page) {
        return api.revocations.list_own_revocations(std::move(page), reach);
    };
    const auto found =
        co_await first_with_objects(list, auth::revocation_page{asked.limit, asked.cursor});
    if (!found) co_return found.error();
    co_return reply(200,
                    core::json_object({{"revocations", core::json_array(found->objects, json_of)},
                                       {"next_cursor", found->next}})
                        .text);
}

// A caller of one organization revokes that organization's tokens, as a whole or by their
// credential.
core::task<std::optional<http::refusal>>
unless_tokens_reached(const http::exchange& ex, admin_api& api,
                      const auth::token_revocation_request& asked) {
    const auto only = organization_bound(ex);
    if (!only) co_return std::nullopt;
    if (asked.organization_id) co_return unless_organization_reached(ex, *asked.organization_id);
    const bool own = !asked.issuer || *asked.issuer == api.keeper.issuer_name();
    if (!asked.subject || !own || asked.force)
        co_return http::refusal{403,
                                "a caller of one organization names \"organization_id\", or a key "
                                "or a device of it as \"subject\""};
    // Always both, so that time does not tell the foreign from the unknown.
    const auto key = co_await api.store.standing_of_key(*asked.subject);
    const auto device = co_await api.devices.show_device(*asked.subject, std::string(*only));
    if (key && key->organization_id == *only) co_return std::nullopt;
    if (device && device->organization_id == *only) co_return std::nullopt;
    if (!key && key.error().kind != core::failure_kind::not_found)
        co_return reply(key.error()).refusal;
    if (!device && device.error().kind != core::failure_kind::not_found)
        co_return reply(device.error()).refusal;
    co_return http::refusal{404, "there is no credential \"" + *asked.subject + '"'};
}

} // namespace

core::task<reply> create_revocation(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (const auto why = read_body(ex.request, body, fields)) co_return *why;
    auth::token_revocation_request asked;
    if (const auto why = read(body, asked)) co_return *why;

    if (const auto why = co_await unless_tokens_reached(ex, api, asked)) co_return *why;

    const auth::accepted_issuers issuers{api.keeper.issuers(), api.keeper.issuer_name()};
    auto by = asked_by(ex);
    const auto stored =
        co_await auth::revoke_tokens(api.revocations, api.changes, issuers, std::move(asked),
                                     std::chrono::system_clock::now(), by);
    if (!stored) co_return stored.error();
    co_return reply(201, json_of(*stored).text).of(by);
}

core::task<reply> list_revocations(http::exchange& ex, admin_api& api) {
    const auto asked = read_page(ex.request.query);
    if (!asked) co_return http::refusal{400, asked.error().message};
    auto reach = reach_of(ex, api);
    if (reach) {
        auto own = co_await list_own_revocations(api, *asked, std::move(*reach));
        co_return own;
    }
    // One more row than asked for shows whether there is a next page.
    auth::revocation_page page{asked->limit + 1, asked->cursor};

    const auto found = co_await api.revocations.list_revocations(std::move(page));
    if (!found) co_return found.error();
    const auto cursor_of = [](const auth::stored_revocation& r) { return r.id; };
    co_return reply(200, write_page("revocations", *found, asked->limit, json_of, cursor_of));
}

core::task<reply> delete_revocation(http::exchange& ex, admin_api& api) {
    auto by = asked_by(ex);
    const auto withdrawn =
        co_await api.revocations.delete_revocation(std::string(ex.path_id), reach_of(ex, api), by);
    if (!withdrawn) co_return withdrawn.error();
    co_return reply(200, json_of(*withdrawn).text).of(by);
}

} // namespace latchkey::api

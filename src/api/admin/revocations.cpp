// POST /admin/v1/revocations: revoke tokens
//   {token_id | subject | organization_id, issuer?, issued_before?, expires_at?, reason?, force?}
//   201 {revocation_id, kind, issuer, value, credential_kind, issued_before, expires_at, reason,
//        created_at}
//   422 bad input, or the name is unknown and `force` is not set
// GET /admin/v1/revocations?limit=&cursor=
//   200 {revocations:[…], next_cursor}
// DELETE /admin/v1/revocations/{id}: withdraw it; the tokens are good again once the feed has told
//   200 the withdrawn revocation   404 no such revocation   409 not an operator's
#include "api/admin/endpoints.hpp"

#include "api/admin/page.hpp"
#include "api/admin/pending_change.hpp"
#include "api/admin/read_body.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/auth/revocation/revoke_tokens.hpp>
#include <latchkey/core/text/json_member.hpp>

#include <array>

namespace latchkey::api {

namespace {

using core::append_member;

enum : std::size_t {
    issuer,
    token_id,
    subject,
    organization_id,
    issued_before,
    expires_at,
    reason,
    force
};
constexpr std::array<http::json_field, 8> fields = {{{"issuer", http::json_kind::text},
                                                     {"token_id", http::json_kind::text},
                                                     {"subject", http::json_kind::text},
                                                     {"organization_id", http::json_kind::text},
                                                     {"issued_before", http::json_kind::text},
                                                     {"expires_at", http::json_kind::text},
                                                     {"reason", http::json_kind::text},
                                                     {"force", http::json_kind::boolean}}};

void take(const http::json_value& given, std::optional<std::string>& out) {
    if (given.present) out = given.text;
}

std::optional<http::refusal> take_time(const http::json_body& body, std::size_t which,
                                       std::optional<core::real_time>& out) {
    if (!body[which].present) return std::nullopt;
    out = core::parse_rfc3339(body[which].text);
    if (out) return std::nullopt;
    return http::refusal{400, "field \"" + std::string(fields[which].name) +
                                  "\" must be a time such as \"2027-01-01T00:00:00Z\""};
}

std::optional<http::refusal> read(const http::json_body& body,
                                  auth::token_revocation_request& asked) {
    take(body[issuer], asked.issuer);
    take(body[token_id], asked.token_id);
    take(body[subject], asked.subject);
    take(body[organization_id], asked.organization_id);
    take(body[reason], asked.reason);
    asked.force = body[force].boolean;
    if (auto why = take_time(body, issued_before, asked.issued_before)) return why;
    return take_time(body, expires_at, asked.expires_at);
}

void append(std::string& out, const auth::stored_revocation& r) {
    append_member(out, R"({"revocation_id":)", r.id);
    append_member(out, R"(,"kind":)", name_of(r.what.kind));
    if (r.what.issuer.empty())
        out += R"(,"issuer":null)";
    else
        append_member(out, R"(,"issuer":)", r.what.issuer);
    append_member(out, R"(,"value":)", r.what.value);
    out += R"(,"credential_kind":)";
    out += r.what.of ? '"' + std::string(name_of(*r.what.of)) + '"' : "null";
    append_member(out, R"(,"issued_before":)", r.what.issued_before);
    append_member(out, R"(,"expires_at":)", r.what.expires_at);
    append_member(out, R"(,"reason":)", r.reason);
    append_member(out, R"(,"created_at":)", r.what.created_at);
    out += '}';
}

void answer(http::exchange& ex, int status, const auth::stored_revocation& r) {
    std::string out;
    append(out, r);
    ex.answer(status, http::json_type, out, "Cache-Control: no-store\r\n");
}

} // namespace

void create_revocation(http::exchange& ex, admin_api& api) {
    http::json_body body;
    if (!read_body(ex, body, fields)) return;
    auth::token_revocation_request asked;
    if (const auto why = read(body, asked)) return ex.refuse(*why);
    const auto made = [](http::exchange& to, const auth::stored_revocation& r) {
        answer(to, 201, r);
    };
    pending_change<auth::stored_revocation>::begin(ex, made, [&](auto done) {
        auth::revoke_tokens(api.revocations, api.changes,
                            {api.keeper.issuers(), api.keeper.issuer_name()}, std::move(asked),
                            std::chrono::system_clock::now(), std::move(done));
    });
}

void list_revocations(http::exchange& ex, admin_api& api) {
    const auto asked = read_page(ex.request.query);
    if (!asked) return ex.refuse(400, asked.error().message);
    const auto limit = asked->limit;
    const auto answer_page = [limit](http::exchange& to,
                                     std::vector<auth::stored_revocation>& page) {
        const auto out = write_page("revocations", page, limit, append,
                                    [](const auto& r) -> std::string_view { return r.id; });
        to.answer(200, http::json_type, out, "Cache-Control: no-store\r\n");
    };
    pending_change<std::vector<auth::stored_revocation>>::begin(ex, answer_page, [&](auto done) {
        // One more row than asked for shows whether there is a next page.
        api.revocations.list_revocations({limit + 1, asked->cursor}, std::move(done));
    });
}

void delete_revocation(http::exchange& ex, admin_api& api) {
    const auto gone = [](http::exchange& to, const auth::stored_revocation& r) {
        answer(to, 200, r);
    };
    pending_change<auth::stored_revocation>::begin(ex, gone, [&](auto done) {
        api.revocations.delete_revocation(std::string(ex.path_id), std::move(done));
    });
}

} // namespace latchkey::api

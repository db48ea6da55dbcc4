// The operator's writes of revocations.
#include "pg/connection/wire.hpp"
#include "pg/lookup/token_rows.hpp"
#include "pg/writes/token_statements.hpp"
#include "pg/writes/write_queue.hpp"

#include <latchkey/pg/writes/lifecycle.hpp>

#include <charconv>

namespace latchkey::pg {

using auth::operation;
using auth::stored_revocation;
using core::failure;
using core::failure_kind;

namespace {

std::optional<stored_revocation> decode_stored(const PGresult& rows, int row) {
    auto decoded = decode_revocation_row(rows, row);
    if (!decoded) return std::nullopt;
    return stored_revocation{std::to_string(decoded->id), std::move(decoded->what),
                             text_or_null(rows, row, 8)};
}

// Parses a revocation's id as it is shown; returns nullopt if no such id can exist.
std::optional<std::int64_t> revocation_id(std::string_view text) {
    std::int64_t id = 0;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, id);
    if (read.ec != std::errc() || read.ptr != end || id <= 0 || text[0] == '0') return std::nullopt;
    return id;
}

failure no_such_revocation(const std::string& id) {
    return {failure_kind::not_found, "there is no revocation \"" + id + '"'};
}

// Returns why a revocation of this kind follows only the state of a key or an organization; null if
// it may be withdrawn.
const char* who_decides(auth::revocation_kind kind) {
    switch (kind) {
    case auth::revocation_kind::credential:
        return "it follows a key that is revoked, disabled or deleted, and goes with its return";
    case auth::revocation_kind::disabled_organization:
        return "it follows an organization that is not active, and goes once it is";
    default:
        return nullptr;
    }
}

} // namespace

operation<stored_revocation> lifecycle::create_revocation(auth::revocation asked,
                                                          std::optional<std::string> reason,
                                                          auth::operator_request& by) {
    const std::string kind(name_of(asked.kind));
    const auto issued_before = timestamp_of(asked.issued_before);
    const auto expires_at = timestamp_of(asked.expires_at);
    const auto answer = co_await writer_->send_for(
        by, statements::create_revocation, text(kind), bytes(asked.issuer), bytes(asked.value),
        text(issued_before), text(expires_at), bytes(reason));
    if (!answer) co_return answer.error();
    auto stored = PQntuples(*answer) == 1 ? decode_stored(**answer, 0) : std::nullopt;
    if (!stored) co_return unreadable;
    co_return std::move(*stored);
}

operation<std::vector<stored_revocation>> lifecycle::list_revocations(auth::revocation_page page) {
    if (page.after && !revocation_id(*page.after))
        co_return failure{failure_kind::invalid, '"' + *page.after + "\" is no revocation's id"};
    const auto after = page.after.value_or("0");
    const auto limit = std::to_string(page.limit);
    const auto answer =
        co_await writer_->send(statements::list_revocations, text(after), text(limit));
    if (!answer) co_return answer.error();
    co_return decode_all(**answer, decode_stored);
}

operation<auth::found_page<stored_revocation>>
lifecycle::list_own_revocations(auth::revocation_page page, auth::revocation_reach reach) {
    if (page.after && !revocation_id(*page.after))
        co_return failure{failure_kind::invalid, '"' + *page.after + "\" is no revocation's id"};
    const auto after = page.after.value_or("0");
    const auto limit = std::to_string(page.limit);
    const auto answer = co_await writer_->send(statements::list_own_revocations, text(after),
                                               text(reach.organization_id), text(reach.own_issuer),
                                               text(reach.organization_id), text(limit));
    if (!answer) co_return answer.error();
    const auto& rows = **answer;
    if (PQntuples(&rows) == 0) co_return unreadable;
    auth::found_page<stored_revocation> found;
    found.next = text_or_null(rows, 0, 9);
    if (PQgetisnull(&rows, 0, 0)) co_return found; // nothing was found
    auto objects = decode_all(rows, decode_stored);
    if (!objects) co_return objects.error();
    found.objects = std::move(*objects);
    co_return found;
}

operation<stored_revocation>
lifecycle::delete_revocation(std::string id, std::optional<auth::revocation_reach> only,
                             auth::operator_request& by) {
    if (!revocation_id(id)) co_return no_such_revocation(id);
    std::optional<std::string> organization, issuer;
    if (only) {
        organization = only->organization_id;
        issuer = only->own_issuer;
    }
    const auto answer =
        co_await writer_->send_for(by, statements::delete_revocation, text(id), text(organization),
                                   text(issuer), text(organization));
    if (!answer) co_return answer.error();
    const auto& rows = **answer;
    if (PQntuples(&rows) == 0) co_return no_such_revocation(id);
    auto stored = decode_stored(rows, 0);
    const auto gone = decode_bool(text_at(rows, 0, 9));
    if (!stored || !gone) co_return unreadable;
    if (*gone) co_return std::move(*stored);
    const char* why = who_decides(stored->what.kind);
    if (why) co_return failure{failure_kind::conflict, "revocation \"" + id + "\" stays: " + why};
    // Another operator has just withdrawn it.
    co_return no_such_revocation(id);
}

} // namespace latchkey::pg

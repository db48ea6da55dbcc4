// Makes and revokes API keys; and the list of nodes, which waits in the same queue because only
// operators ask for it.
#include "pg/connection/wire.hpp"
#include "pg/statements.hpp"
#include "pg/writes/write_queue.hpp"

#include <latchkey/core/text/ascii.hpp>
#include <latchkey/pg/writes/lifecycle.hpp>

namespace latchkey::pg {

using auth::operation;
using core::failure;
using core::failure_kind;

operation<core::real_time> lifecycle::create_api_key(auth::new_api_key key,
                                                     auth::operator_request& by) {
    const auto scopes = text_array_literal(key.scopes);
    const auto caller_scopes = text_array_literal(key.caller_scopes.names());
    const auto roles = text_array_literal(key.roles);
    const auto networks = text_array_literal(key.allowed_networks);
    const auto expires_at = timestamp_of(key.expires_at);
    std::optional<std::string> quantity;
    std::optional<std::string> window;
    std::optional<std::string> burst;
    if (const auto& rule = key.rate_limit) {
        quantity = std::to_string(rule->quantity());
        window = std::to_string(std::chrono::ceil<core::seconds>(rule->window()).count());
        burst = std::to_string(rule->burst());
    }
    std::optional<std::string> credits;
    std::optional<std::string> refill;
    std::optional<std::string> every;
    if (const auto& given = key.credits) {
        credits = std::to_string(given->remaining);
        if (given->refill) refill = std::to_string(given->refill->amount);
        if (given->refill) every = std::to_string(given->refill->every.count());
    }
    const std::string rate_scope(auth::rate_scope_name(key.rate_limit_is_fleet));
    const parameter hash{reinterpret_cast<const char*>(key.key_hash.data()),
                         static_cast<int>(key.key_hash.size()), true};

    by.will_make("key_id", key.key_id);
    const auto answer = co_await writer_->send_for(
        by, statements::create_api_key, hash, text(key.key_id), text(key.organization_id),
        text(key.name), text(key.external_id), text(scopes), text(key.metadata), text(networks),
        text(expires_at), text(quantity), text(window), text(burst), text(caller_scopes),
        text(key.hint), text(roles), text(rate_scope), text(credits), text(refill), text(every));
    if (!answer)
        co_return with_conflict(answer.error(),
                                "there is such a key already, or a device with its id: ask again, "
                                "and it gets another id");
    const auto& rows = **answer;
    if (PQntuples(&rows) == 0)
        co_return failure{failure_kind::not_found, "there is no organization \"" +
                                                       key.organization_id +
                                                       "\"; make it first: latchkey org create"};
    if (PQgetisnull(&rows, 0, 0))
        co_return failure{failure_kind::not_found,
                          "organization \"" + key.organization_id +
                              "\" has not all of these roles: latchkey role list --organization " +
                              key.organization_id};
    const auto at = decode_timestamptz(text_at(rows, 0, 0));
    if (!at) co_return unreadable;
    co_return *at;
}

operation<auth::revoked_api_key> lifecycle::revoke_api_key(auth::revocation_request asked,
                                                           auth::operator_request& by) {
    const auto& what = write_back_ ? statements::revoke_writing_back : statements::revoke_api_key;
    const auto answer = co_await writer_->send_for(by, what, text(asked.key_id), text(asked.reason),
                                                   text(asked.only_organization));
    if (!answer) co_return answer.error();
    const auto& rows = **answer;
    if (PQntuples(&rows) == 0)
        co_return failure{failure_kind::not_found, "there is no key \"" + asked.key_id + '"'};
    const auto hash = decode_fingerprint(text_at(rows, 0, 0));
    const auto at = decode_timestamptz(text_at(rows, 0, 3));
    if (!hash || !at) co_return unreadable;
    co_return auth::revoked_api_key{*hash,
                                    std::string(text_at(rows, 0, 1)),
                                    std::string(text_at(rows, 0, 2)),
                                    *at,
                                    text_or_null(rows, 0, 4),
                                    decode_fingerprint(text_at(rows, 0, 5))}; // nullopt for NULL
}

operation<auth::key_standing> lifecycle::standing_of_key(std::string key_id) {
    const auto answer = co_await writer_->send(statements::standing_of_key, text(key_id));
    if (!answer) co_return answer.error();
    const auto& rows = **answer;
    if (PQntuples(&rows) == 0)
        co_return failure{failure_kind::not_found, "there is no key \"" + key_id + '"'};
    auth::key_standing found;
    found.organization_id = text_at(rows, 0, 0);
    auto scopes = text_at(rows, 0, 1);
    while (!scopes.empty())
        found.scopes.add(core::next_part(scopes, ' '));
    co_return found;
}

namespace {

std::optional<auth::node_entry> decode_node(const PGresult& rows, int row) {
    const auto started = decode_timestamptz(text_at(rows, row, 3));
    const auto heartbeat = decode_timestamptz(text_at(rows, row, 4));
    const auto staleness = decode_int8(text_at(rows, row, 5));
    const auto live = decode_bool(text_at(rows, row, 6));
    const auto lag = decode_int8(text_at(rows, row, 7)); // nullopt for NULL, which has no bytes
    if (!started || !heartbeat || !staleness || !live) return std::nullopt;
    auth::node_entry node{std::string(text_at(rows, row, 0)),
                          std::string(text_at(rows, row, 1)),
                          std::string(text_at(rows, row, 2)),
                          *started,
                          *heartbeat,
                          core::milliseconds(*staleness),
                          *live,
                          {}};
    if (lag) node.lag = core::milliseconds(*lag);
    return node;
}

} // namespace

operation<std::vector<auth::node_entry>> lifecycle::list_nodes() {
    const auto answer = co_await writer_->send(statements::list_nodes);
    if (!answer) co_return answer.error();
    co_return decode_all(**answer, decode_node);
}

} // namespace latchkey::pg

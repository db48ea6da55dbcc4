// API keys as operators list, show and change them.
#include "pg/writes/column_reader.hpp"
#include "pg/writes/credit_rows.hpp"
#include "pg/writes/object_statements.hpp"
#include "pg/writes/write_queue.hpp"

#include <latchkey/core/text/json_member.hpp>
#include <latchkey/pg/writes/lifecycle.hpp>

#include <chrono>

namespace latchkey::pg {

using auth::operation;
using auth::stored_api_key;
using core::append_member;
using core::failure;
using core::failure_kind;

namespace {

failure no_such_key(const std::string& id) {
    return {failure_kind::not_found, "there is no key \"" + id + '"'};
}

std::optional<core::rate_rule> read_rule(column_reader& row) {
    const auto quantity = row.int8_or_null();
    const auto window_s = row.int4_or_null();
    const auto burst = row.int8_or_null();
    if (!quantity || !window_s) return std::nullopt;
    return core::rate_rule::make(static_cast<std::uint64_t>(*quantity), core::seconds(*window_s),
                                 static_cast<std::uint64_t>(burst.value_or(*quantity)));
}

// The columns are statements::key_columns. Returns nullopt if the row is malformed.
std::optional<stored_api_key> decode_key(const PGresult& rows, int number, int first) {
    column_reader row(rows, number, first);
    stored_api_key key;
    key.key_hash = row.hash();
    key.key_id = row.text();
    key.hint = row.text_or_null();
    key.organization_id = row.text();
    key.name = row.text_or_null();
    key.external_id = row.text_or_null();
    key.scopes = row.texts();
    key.metadata = row.text();
    key.allowed_networks = row.texts();
    key.enabled = row.boolean();
    key.state = row.text();
    key.expires_at = row.time_or_null();
    if (key.expires_at == core::real_time::max()) key.expires_at.reset();
    key.revoked_at = row.time_or_null();
    key.revoked_reason = row.text_or_null();
    key.rate_limit = read_rule(row);
    key.rate_limit_is_fleet = row.text() == auth::rate_scope_name(true);
    key.generation = static_cast<std::uint32_t>(row.int4());
    const auto until = row.time_or_null();
    const auto previous_used_at = row.time_or_null();
    if (until) key.previous = {*until, previous_used_at};
    key.origin = row.text();
    key.created_at = row.time();
    key.last_used_at = row.time_or_null();
    key.uses = row.int8();
    key.read_at = row.time();
    key.previous_hash = row.hash_or_null();
    key.credits = read_credits(row);
    key.roles = row.texts();
    if (!row.is_good()) return std::nullopt;
    return key;
}

// An answer about one key is its row.
core::result<stored_api_key> the_key(const core::result<const pg_result*>& answer,
                                     const std::string& id) {
    if (!answer) return answer.error();
    if (PQntuples(*answer) == 0) return no_such_key(id);
    auto key = decode_key(**answer, 0, 0);
    if (!key) return unreadable;
    return *std::move(key);
}

// The members that the statement knows.
std::string json_of(const auth::api_key_change& asked) {
    std::string out;
    if (asked.name) append_member(out, R"(,"name":)", *asked.name);
    if (asked.external_id) append_member(out, R"(,"external_id":)", *asked.external_id);
    if (asked.scopes) append_member(out, R"(,"scopes":)", *asked.scopes);
    if (asked.caller_scopes)
        append_member(out, R"(,"caller_scopes":)", asked.caller_scopes->names());
    if (asked.metadata) out += R"(,"metadata":)" + *asked.metadata;
    if (asked.allowed_networks) append_member(out, R"(,"allowed_ips":)", *asked.allowed_networks);
    if (asked.enabled) out += *asked.enabled ? R"(,"enabled":true)" : R"(,"enabled":false)";
    if (asked.expires_at) append_member(out, R"(,"expires_at":)", *asked.expires_at);
    if (asked.rate_limit && !*asked.rate_limit) out += R"(,"rate_limit":null)";
    if (asked.rate_limit && *asked.rate_limit) {
        const auto& rule = **asked.rate_limit;
        out += R"(,"rate_limit":{"quantity":)" + std::to_string(rule.quantity()) + R"(,"window":)" +
               std::to_string(std::chrono::ceil<core::seconds>(rule.window()).count()) +
               R"(,"burst":)" + std::to_string(rule.burst()) + R"(,"scope":")" +
               std::string(auth::rate_scope_name(asked.rate_limit_is_fleet)) + "\"}";
    }
    if (out.empty()) return "{}";
    out[0] = '{';
    return out += '}';
}

std::optional<std::string> seconds_or_null(const std::optional<core::seconds>& time) {
    if (!time) return std::nullopt;
    return seconds_text(*time);
}

} // namespace

operation<auth::found_page<stored_api_key>> lifecycle::list_api_keys(auth::api_key_page page) {
    const auto limit = std::to_string(page.limit);
    const auto unused = seconds_or_null(page.unused_for);
    const auto expiring = seconds_or_null(page.expiring_within);
    const auto list = [&](const statement& by, auto... which) {
        return writer_->send(by, text(page.after), text(limit), text(page.name),
                             text(page.external_id), text(page.state), text(unused), text(expiring),
                             which...);
    };
    core::result<const pg_result*> answer{nullptr};
    if (page.key_hash)
        answer = co_await list(statements::list_api_keys_by_hash, text(page.organization_id),
                               bytes(*page.key_hash));
    else if (page.external_id)
        answer = co_await list(statements::list_api_keys_by_external_id, text(page.organization_id),
                               text(page.external_id));
    else if (page.organization_id)
        answer =
            co_await list(statements::list_api_keys_of_organization, text(page.organization_id));
    else
        answer = co_await list(statements::list_all_api_keys);
    if (!answer) co_return answer.error();
    co_return decode_page(**answer, decode_key);
}

operation<stored_api_key> lifecycle::show_api_key(std::string id,
                                                  std::optional<std::string> only_organization) {
    const auto answer =
        co_await writer_->send(statements::show_api_key, bytes(id), text(only_organization));
    co_return the_key(answer, id);
}

operation<stored_api_key> lifecycle::change_api_key(auth::api_key_change asked,
                                                    auth::operator_request& by) {
    const auto json = json_of(asked);
    const auto answer =
        co_await writer_->send_for(by, statements::change_api_key, bytes(asked.key_id),
                                   text(asked.only_organization), text(json));
    auto key = the_key(answer, asked.key_id);
    if (!key) co_return key;
    if (key->revoked_at)
        co_return failure{failure_kind::conflict,
                          "key \"" + asked.key_id +
                              "\" is revoked: nothing of it changes any more"};
    if (key->origin != "latchkey")
        co_return failure{failure_kind::conflict,
                          "key \"" + asked.key_id +
                              "\" belongs to the array organizations.api_keys,"
                              " whose writer changes it: take it over first (latchkey key import"
                              " --adopt-from-organizations), or revoke it"};
    co_return key;
}

} // namespace latchkey::pg

// Keys that come from elsewhere, or go there: import, export, adoption.
#include "pg/connection/wire.hpp"
#include "pg/writes/import_statements.hpp"
#include "pg/writes/write_queue.hpp"

#include <latchkey/core/text/json_member.hpp>
#include <latchkey/crypto/digest.hpp>
#include <latchkey/pg/writes/lifecycle.hpp>

namespace latchkey::pg {

using auth::operation;
using core::append_member;

namespace {

void append_limit(std::string& out, const core::rate_rule& rule) {
    out += R"(,"quantity":)" + std::to_string(rule.quantity());
    out += R"(,"window_s":)";
    out += std::to_string(std::chrono::ceil<core::seconds>(rule.window()).count());
    out += R"(,"burst":)" + std::to_string(rule.burst());
}

std::string json_of(const std::vector<auth::key_by_hash>& keys) {
    std::string out = "[";
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto& key = keys[i];
        out += i == 0 ? R"({"item":)" : R"(,{"item":)";
        out += std::to_string(i);
        append_member(out, R"(,"key_hash":)", crypto::to_hex(key.key_hash));
        append_member(out, R"(,"key_id":)", key.key_id);
        append_member(out, R"(,"hint":)", key.hint);
        append_member(out, R"(,"organization_id":)", key.organization_id);
        append_member(out, R"(,"name":)", key.name);
        append_member(out, R"(,"external_id":)", key.external_id);
        append_member(out, R"(,"scopes":)", key.scopes);
        append_member(out, R"(,"allowed_networks":)", key.allowed_networks);
        append_member(out, R"(,"expires_at":)", key.expires_at);
        append_member(out, R"(,"revoked_at":)", key.revoked_at);
        append_member(out, R"(,"revoked_reason":)", key.revoked_reason);
        append_member(out, R"(,"created_at":)", key.created_at);
        if (key.rate_limit) append_limit(out, *key.rate_limit);
        append_member(out, R"(,"scope":)", auth::rate_scope_name(key.rate_limit_is_fleet));
        out += key.enabled ? R"(,"enabled":true)" : R"(,"enabled":false)";
        out += R"(,"metadata":)" + key.metadata + '}';
    }
    return out += ']';
}

// `became` is as latchkey.import_api_keys names it.
std::string why_skipped(std::string_view became, const auth::key_by_hash& key) {
    if (became == "other") return "another organization has this key";
    if (became == "former") return "a rotation has replaced this secret";
    if (became == "repeated") return "one before it has the same hash";
    if (became == "id") return "another key has the key_id \"" + key.key_id + '"';
    if (became == "device")
        return "a device has the id \"" + key.key_id + "\", and tokens name either by its id";
    if (became == "organization")
        return "there is no organization \"" + key.organization_id +
               "\"; make it first: latchkey org create";
    return "another writer was quicker: import it again";
}

std::optional<core::real_time> time_at(const PGresult& rows, int row, int column) {
    if (PQgetisnull(&rows, row, column) == 1) return std::nullopt;
    return decode_timestamptz(text_at(rows, row, column));
}

// Returns nullopt if the row has a limit that cannot be read.
std::optional<std::optional<core::rate_rule>> limit_at(const PGresult& rows, int row, int column) {
    if (PQgetisnull(&rows, row, column) == 1) return std::optional<core::rate_rule>();
    const auto quantity = decode_int8(text_at(rows, row, column));
    const auto window_s = decode_int4(text_at(rows, row, column + 1));
    const auto burst = PQgetisnull(&rows, row, column + 2) == 1
                           ? quantity
                           : decode_int8(text_at(rows, row, column + 2));
    if (!quantity || !window_s || !burst || *quantity < 1 || *burst < 1) return std::nullopt;
    const auto rule =
        core::rate_rule::make(static_cast<std::uint64_t>(*quantity), core::seconds(*window_s),
                              static_cast<std::uint64_t>(*burst));
    if (!rule) return std::nullopt;
    return rule;
}

std::optional<auth::key_by_hash> decode_key(const PGresult& rows, int row) {
    auth::key_by_hash key;
    const auto hash = decode_fingerprint(text_at(rows, row, 0));
    auto scopes = decode_text_array(text_at(rows, row, 6));
    auto networks = decode_text_array(text_at(rows, row, 8));
    const auto enabled = decode_bool(text_at(rows, row, 9));
    const auto limit = limit_at(rows, row, 13);
    if (!hash || !scopes || !networks || !enabled || !limit) return std::nullopt;
    key.key_hash = *hash;
    key.key_id = text_at(rows, row, 1);
    key.hint = text_or_null(rows, row, 2);
    key.organization_id = text_at(rows, row, 3);
    key.name = text_or_null(rows, row, 4);
    key.external_id = text_or_null(rows, row, 5);
    key.scopes = std::move(*scopes);
    key.metadata = text_at(rows, row, 7);
    key.allowed_networks = std::move(*networks);
    key.enabled = *enabled;
    key.expires_at = time_at(rows, row, 10);
    if (key.expires_at == core::real_time::max()) key.expires_at.reset();
    key.revoked_at = time_at(rows, row, 11);
    key.revoked_reason = text_or_null(rows, row, 12);
    key.rate_limit = *limit;
    key.created_at = time_at(rows, row, 16);
    key.rate_limit_is_fleet = text_at(rows, row, 17) == auth::rate_scope_name(true);
    return key;
}

std::optional<auth::adopted_key> decode_adopted(const PGresult& rows, int row) {
    auth::adopted_key out;
    out.key_id = text_at(rows, row, 0);
    const auto busy = decode_bool(text_at(rows, row, 3));
    if (!busy) return std::nullopt;
    out.busy = *busy;
    if (out.busy) return out;
    const auto hash = decode_fingerprint(text_at(rows, row, 1));
    auto stripped = decode_text_array(text_at(rows, row, 2));
    if (!hash || !stripped) return std::nullopt;
    out.key_hash = *hash;
    out.stripped = std::move(*stripped);
    return out;
}

} // namespace

operation<std::vector<auth::imported_key>>
lifecycle::import_api_keys(std::vector<auth::key_by_hash> keys, bool dry_run,
                           auth::operator_request& by) {
    const auto json = json_of(keys);
    const auto answer =
        co_await writer_->send_for(by, statements::import_api_keys, text(json), text(dry_run));
    if (!answer) co_return answer.error();
    const auto& rows = **answer;
    std::vector<auth::imported_key> out(keys.size());
    if (PQntuples(&rows) != static_cast<int>(keys.size())) co_return unreadable;
    for (int row = 0; row < PQntuples(&rows); ++row) {
        const auto item = decode_int4(text_at(rows, row, 0));
        if (!item || *item < 0 || *item >= static_cast<int>(keys.size())) co_return unreadable;
        const auto place = static_cast<std::size_t>(*item);
        const auto became = text_at(rows, row, 1);
        auto& one = out[place];
        one.key_id = text_at(rows, row, 2);
        if (became == "created")
            one.outcome = auth::import_outcome::created;
        else if (became == "exists")
            one.outcome = auth::import_outcome::exists;
        else
            one.why = why_skipped(became, keys[place]);
    }
    co_return out;
}

operation<std::vector<auth::key_by_hash>> lifecycle::export_api_keys(auth::key_page page) {
    const auto limit = std::to_string(page.limit);
    const auto answer = co_await writer_->send(
        statements::export_api_keys, bytes(page.organization_id), bytes(page.after), text(limit));
    if (!answer) co_return answer.error();
    co_return decode_all(**answer, decode_key);
}

operation<std::vector<auth::adopted_key>>
lifecycle::adopt_api_keys(auth::key_page page, bool dry_run, auth::operator_request& by) {
    const auto limit = std::to_string(page.limit);
    const auto answer =
        co_await writer_->send_for(by, statements::adopt_api_keys, bytes(page.organization_id),
                                   bytes(page.after), text(limit), text(dry_run));
    if (!answer) co_return answer.error();
    co_return decode_all(**answer, decode_adopted);
}

} // namespace latchkey::pg

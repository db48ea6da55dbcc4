// Credits as operators see and change them, and the usage by day.
#include "pg/writes/credit_rows.hpp"
#include "pg/writes/credit_statements.hpp"
#include "pg/writes/write_queue.hpp"

#include <latchkey/pg/writes/lifecycle.hpp>

namespace latchkey::pg {

using auth::credit_account;
using auth::operation;
using core::failure;
using core::failure_kind;

namespace {

// The columns are statements::credit_columns. Returns nullopt if the row is malformed.
std::optional<credit_account> decode_account(const PGresult& rows, int number, int first) {
    column_reader row(rows, number, first);
    auto key_id = row.text_or_null();
    auto organization_id = row.text_or_null();
    auto external_id = row.text_or_null();
    auto account = read_credits(row);
    if (!row.is_good() || !account) return std::nullopt;
    account->key_id = std::move(key_id);
    account->organization_id = std::move(organization_id);
    account->external_id = std::move(external_id);
    return account;
}

failure nobody(const auth::credit_holder& of) {
    return {failure_kind::not_found,
            of.key_id ? "there is no key \"" + *of.key_id + '"'
                      : "there is no organization \"" + of.organization_id + '"'};
}

failure no_account(const auth::credit_holder& of) {
    return {failure_kind::not_found,
            (of.key_id ? "key \"" + *of.key_id + '"' : "owner \"" + of.external_id + '"') +
                " has no credits of its own: give it some with latchkey credits set"};
}

core::result<credit_account> the_account(const core::result<const pg_result*>& answer,
                                         const auth::credit_holder& of) {
    if (!answer) return answer.error();
    if (PQntuples(*answer) == 0) return nobody(of);
    constexpr int kind = 3;
    if (PQgetisnull(*answer, 0, kind)) return no_account(of);
    auto account = decode_account(**answer, 0, 0);
    if (!account) return unreadable;
    return *std::move(account);
}

// The first four parameters of each statement about one account.
struct holder_parameters {
    explicit holder_parameters(const auth::credit_holder& of)
        : key(bytes(of.key_id)),
          organization(bytes(of.organization_id)),
          owner(bytes(of.external_id)),
          only(bytes(of.only_organization)) {}
    parameter key;
    parameter organization;
    parameter owner;
    parameter only;
};

// `limit` and one more were asked for; the first column is the place of each row.
template <class Object, class Decode>
core::result<auth::found_page<Object>> read_places(const PGresult& rows, std::size_t limit,
                                                   Decode decode) {
    auth::found_page<Object> page;
    const auto count = static_cast<std::size_t>(PQntuples(&rows));
    if (count > limit) page.next = text_at(rows, static_cast<int>(limit) - 1, 0);
    for (std::size_t row = 0; row < std::min(count, limit); ++row) {
        auto one = decode(rows, static_cast<int>(row), 1);
        if (!one) return unreadable;
        page.objects.push_back(*std::move(one));
    }
    return page;
}

std::optional<auth::usage_row> decode_usage(const PGresult& rows, int number, int first) {
    column_reader row(rows, number, first);
    auth::usage_row out;
    out.day = row.text_or_null();
    out.organization_id = row.text_or_null();
    out.key_id = row.text_or_null();
    out.external_id = row.text_or_null();
    out.valid = row.int8();
    out.cost = row.int8();
    out.credits = row.int8();
    if (!row.is_good()) return std::nullopt;
    return out;
}

} // namespace

operation<credit_account> lifecycle::show_credits(auth::credit_holder of) {
    const holder_parameters p(of);
    const auto answer =
        co_await writer_->send(statements::show_credits, p.key, p.organization, p.owner, p.only);
    co_return the_account(answer, of);
}

operation<credit_account> lifecycle::set_credits(auth::credit_change asked,
                                                 auth::operator_request& by) {
    const holder_parameters p(asked.of);
    std::optional<std::string> remaining;
    std::optional<std::string> amount;
    std::optional<std::string> every;
    if (asked.remaining) remaining = std::to_string(*asked.remaining);
    if (asked.refill && *asked.refill) {
        amount = std::to_string((**asked.refill).amount);
        every = std::to_string((**asked.refill).every.count());
    }
    const auto answer = co_await writer_->send_for(
        by, statements::set_credits, p.key, p.organization, p.owner, p.only, text(remaining),
        text(asked.refill.has_value()), text(amount), text(every));
    co_return the_account(answer, asked.of);
}

operation<credit_account> lifecycle::add_credits(auth::credit_holder of, std::int64_t amount,
                                                 auth::operator_request& by) {
    const holder_parameters p(of);
    const auto many = std::to_string(amount);
    const auto answer = co_await writer_->send_for(by, statements::add_credits, p.key,
                                                   p.organization, p.owner, p.only, text(many));
    co_return the_account(answer, of);
}

operation<credit_account> lifecycle::remove_credits(auth::credit_holder of,
                                                    auth::operator_request& by) {
    const holder_parameters p(of);
    const auto answer = co_await writer_->send_for(by, statements::remove_credits, p.key,
                                                   p.organization, p.owner, p.only);
    co_return the_account(answer, of);
}

operation<auth::found_page<credit_account>> lifecycle::list_credits(auth::api_key_page page) {
    const auto limit = std::to_string(page.limit);
    const auto answer =
        co_await writer_->send(statements::list_credits, text(page.after), text(limit),
                               bytes(page.organization_id), bytes(page.external_id));
    if (!answer) co_return answer.error();
    co_return read_places<credit_account>(**answer, page.limit, decode_account);
}

operation<auth::found_page<auth::usage_row>> lifecycle::list_usage(auth::usage_page page) {
    const auto limit = std::to_string(page.limit);
    std::vector<parameter> values = {
        text(page.since),   text(page.until),        bytes(page.organization_id),
        bytes(page.key_id), bytes(page.external_id), text(limit),
        text(page.after)};
    if (page.by) values.push_back(text(page.by));
    write sent(*writer_, page.by ? statements::sum_usage : statements::list_usage,
               std::move(values));
    const auto answer = co_await sent;
    if (!answer) co_return answer.error();
    co_return read_places<auth::usage_row>(**answer, page.limit, decode_usage);
}

} // namespace latchkey::pg

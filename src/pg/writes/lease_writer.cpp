#include <latchkey/pg/writes/lease_writer.hpp>

#include "pg/connection/wire.hpp"
#include "pg/writes/write_queue.hpp"

#include <latchkey/crypto/digest.hpp>

#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

namespace latchkey::pg {

namespace {

/// $1: instance, $2: number of the request, $3: names in hex, $4: windows in seconds, $5: numbers
/// of windows, $6: limits, $7: asked for, $8: given back, $9: taken, $10: the life that this node
/// knows, $11: what questions wait for. Returns the clock, the nodes,
/// the database's life, and number, granted, rest and state of each window.
constexpr statement lease_statement{
    "lease",
    "select a ->> 'now', a ->> 'nodes', a ->> 'life', (select string_agg(concat_ws(' ', w ->> 0,"
    " w ->> 1, w ->> 2, w ->> 3), ' ' order by n)"
    " from jsonb_array_elements(a -> 'windows') with ordinality as e (w, n))"
    " from (select set_config('synchronous_commit', 'off', true)) as unhurried,"
    " latchkey.lease($1::text, $2::int8, $10::text, array(select decode(h, 'hex') from "
    "unnest($3::text[])"
    " with ordinality as d (h, n) order by n), $4::int4[], $5::int8[], $6::int8[], $7::int8[],"
    " $11::int8[], $8::int8[], $9::int8[]) as a",
    11};
/// $1: instance, $2: number of the request, $3: accounts, $4: asked for, $5: given back, $6: spent,
/// $7: what questions wait for, $8: the last request that was answered.
/// Returns the clock, 1, the database's life; of each account 0, granted, what remains, and 0, or 2
/// if nothing can be had of it; and the last request that it knows, if it has lost some.
constexpr statement lease_credits_statement{
    "lease_credits",
    "select (extract(epoch from clock_timestamp()) * 1000000)::bigint::text, '1',"
    " c.life, array_to_string(array(select concat_ws(' ', 0,"
    " c.granted[i], c.remaining[i], case when c.known[i] then 0 else 2 end)"
    " from generate_subscripts(c.granted, 1) as i order by i), ' '),"
    " c.behind::text"
    " from latchkey.lease_credits($1::text, $2::int8, $8::int8, $3::int8[], $4::int8[],"
    " $7::int8[], $5::int8[], $6::int8[]) as c",
    8};
constexpr std::array lease_statements = {lease_statement, lease_credits_statement};

template <class Value>
std::string array_of(const core::lease_request& asked, Value&& value) {
    std::string out = "{";
    for (const auto& line : asked.lines) {
        if (out.size() > 1) out += ',';
        out += value(line);
    }
    return out + '}';
}

template <class Value>
std::string numbers_of(const core::lease_request& asked, Value&& value) {
    return array_of(asked,
                    [&](const core::lease_line& line) { return std::to_string(value(line)); });
}

std::optional<std::int64_t> take_number(std::string_view& text) {
    std::int64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty()) text.remove_prefix(1);
    return out;
}

std::optional<core::lease_answer> read(const pg_result& rows, std::size_t lines) {
    core::lease_answer out;
    auto now = text_at(rows, 0, 0);
    auto nodes = text_at(rows, 0, 1);
    auto windows = text_at(rows, 0, 3);
    if (PQnfields(&rows) > 4 && !PQgetisnull(&rows, 0, 4)) {
        auto known = text_at(rows, 0, 4);
        out.behind = take_number(known);
        if (!out.behind) return std::nullopt;
        lines = 0;
    }
    const auto now_us = take_number(now);
    const auto count = take_number(nodes);
    if (!now_us || !count) return std::nullopt;
    out.now_us = *now_us;
    out.nodes = *count;
    out.life = text_at(rows, 0, 2);
    for (std::size_t i = 0; i < lines; ++i) {
        std::array<std::int64_t, 4> values{};
        for (auto& value : values) {
            const auto one = take_number(windows);
            if (!one) return std::nullopt;
            value = *one;
        }
        if (values[3] < 0 || values[3] > 3) return std::nullopt;
        out.windows.push_back(
            {values[0], values[1], values[2], static_cast<core::lease_answer::state>(values[3])});
    }
    return out;
}

} // namespace

lease_writer::lease_writer(boost::asio::io_context& loop, const configuration& settings,
                           core::logger& log, std::function<std::string()> instance, what of,
                           identity_fence* fence)
    : of_(of),
      instance_(std::move(instance)),
      writer_(
          std::make_shared<write_queue>(loop, settings, lease_statements, log, metrics_, fence)) {}

lease_writer::~lease_writer() {
    writer_->stop();
}

auth::operation<core::lease_answer> lease_writer::lease(const core::lease_request& asked) {
    return of_ == what::credits ? lease_credits(asked) : lease_limits(asked);
}

auth::operation<core::lease_answer> lease_writer::lease_limits(const core::lease_request& asked) {
    const auto instance = instance_();
    const auto seq = std::to_string(asked.seq);
    const auto names = array_of(asked, [](const auto& l) {
        return crypto::to_hex({l.terms.name.data(), l.terms.name.size()});
    });
    const auto windows = numbers_of(asked, [](const auto& l) { return l.terms.window.count(); });
    const auto numbers = array_of(
        asked, [](const auto& l) { return l.number ? std::to_string(*l.number) : "NULL"; });
    const auto most = numbers_of(asked, [](const auto& l) { return l.terms.most; });
    const auto wanted = numbers_of(asked, [](const auto& l) { return l.asked; });
    const auto needed = numbers_of(asked, [](const auto& l) { return l.needed; });
    const auto returned = numbers_of(asked, [](const auto& l) { return l.returned; });
    const auto taken = numbers_of(asked, [](const auto& l) { return l.taken; });
    const auto answer = co_await writer_->send(
        lease_statement, text(instance), text(seq), text(names), text(windows), text(numbers),
        text(most), text(wanted), text(returned), text(taken), text(asked.life), text(needed));
    if (!answer) co_return answer.error();
    auto out = read(**answer, asked.lines.size());
    if (!out)
        co_return core::failure{core::failure_kind::internal,
                                "latchkey.lease answered what cannot be read"};
    co_return std::move(*out);
}

auth::operation<core::lease_answer> lease_writer::lease_credits(const core::lease_request& asked) {
    const auto instance = instance_();
    const auto seq = std::to_string(asked.seq);
    const auto after = std::to_string(asked.after);
    const auto accounts = numbers_of(asked, [](const auto& l) {
        std::int64_t account = 0;
        std::memcpy(&account, l.terms.name.data(), sizeof account);
        return account;
    });
    const auto wanted = numbers_of(asked, [](const auto& l) { return l.asked; });
    const auto needed = numbers_of(asked, [](const auto& l) { return l.needed; });
    const auto returned = numbers_of(asked, [](const auto& l) { return l.returned; });
    const auto spent = numbers_of(asked, [](const auto& l) { return l.spent; });
    const auto answer = co_await writer_->send(lease_credits_statement, text(instance), text(seq),
                                               text(accounts), text(wanted), text(returned),
                                               text(spent), text(needed), text(after));
    if (!answer) co_return answer.error();
    auto out = read(**answer, asked.lines.size());
    if (!out)
        co_return core::failure{core::failure_kind::internal,
                                "latchkey.lease_credits answered what cannot be read"};
    co_return std::move(*out);
}

void lease_writer::stop() {
    writer_->stop();
}
void lease_writer::heed_settings() {
    writer_->heed_settings();
}
void lease_writer::collect(core::metric_sink& sink) const {
    metrics_.collect(sink);
}

} // namespace latchkey::pg

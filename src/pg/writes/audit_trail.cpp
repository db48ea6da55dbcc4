// Reads the audit trail, and records what changes no row.
#include "pg/connection/wire.hpp"
#include "pg/writes/audit_cursor.hpp"
#include "pg/writes/audit_statements.hpp"
#include "pg/writes/write_queue.hpp"

#include <latchkey/pg/writes/lifecycle.hpp>

namespace latchkey::pg {

using auth::operation;

namespace {

// The columns are statements::event_columns_text, from `first` on. Returns nullopt if the row is
// malformed.
std::optional<auth::audit_event> decode_event(const PGresult& rows, int row, int first) {
    const auto at = decode_timestamptz(text_at(rows, row, first + 1));
    if (!at) return std::nullopt;
    const auto text = [&](int column) { return std::string(text_at(rows, row, first + column)); };
    const auto optional = [&](int column) { return text_or_null(rows, row, first + column); };
    return auth::audit_event{text(0),     *at,         text(2),     text(3),     text(4),
                             optional(5), optional(6), optional(7), optional(8), optional(9)};
}

core::result<std::vector<auth::audit_event>> decode_events(const PGresult& rows, int first) {
    std::vector<auth::audit_event> out;
    for (int row = 0; row < PQntuples(&rows); ++row) {
        if (PQgetisnull(&rows, row, first)) continue; // a series without events is one row
        auto one = decode_event(rows, row, first);
        if (!one) return unreadable;
        out.push_back(std::move(*one));
    }
    return out;
}

audit_cursor::place place_of(const auth::audit_event& e) {
    return {*timestamp_of(e.at), e.event_id};
}

// A page was asked for with one event more than it shows.
bool take_limit(std::vector<auth::audit_event>& events, std::size_t limit) {
    if (events.size() <= limit) return false;
    events.resize(limit);
    return true;
}

// The parameters that all pages have; they must outlive the write.
struct filters {
    explicit filters(const auth::audit_query& q, const audit_cursor& cursor)
        : since(timestamp_of(q.since)),
          until(timestamp_of(q.until)),
          limit(std::to_string(q.limit + 1)) {
        if (cursor.after) {
            at = cursor.after->at;
            id = cursor.after->event_id;
        }
    }
    std::optional<std::string> since;
    std::optional<std::string> until;
    std::string limit;
    std::optional<std::string> at;
    std::optional<std::string> id;
};

const core::failure foreign_cursor{core::failure_kind::invalid,
                                   "\"cursor\" is none that a page before has told"};

} // namespace

operation<auth::audit_page> lifecycle::list_audit_events(auth::audit_query asked) {
    const auto cursor = asked.cursor ? audit_cursor::read(*asked.cursor) : audit_cursor{};
    if (!cursor) co_return foreign_cursor;
    if (asked.oldest_first) co_return co_await first_audit_events(asked, *cursor);
    if (!cursor->seen.empty() || !cursor->target.empty()) co_return foreign_cursor;

    const filters f(asked, *cursor);
    const auto answer = co_await writer_->send(
        statements::latest_audit_events, text(f.since), text(f.until), bytes(asked.actor),
        bytes(asked.action), bytes(asked.object_id), bytes(asked.organization_id),
        bytes(asked.only_organization), text(f.limit), text(f.at), text(f.id));
    if (!answer) co_return answer.error();
    auto events = decode_events(**answer, 0);
    if (!events) co_return events.error();
    auth::audit_page page{std::move(*events), {}};
    if (take_limit(page.events, asked.limit))
        page.next_cursor = audit_cursor{place_of(page.events.back()), "", ""}.text();
    co_return page;
}

operation<auth::audit_page> lifecycle::first_audit_events(const auth::audit_query& asked,
                                                          const audit_cursor& cursor) {
    const filters f(asked, cursor);
    const bool is_first = cursor.seen.empty();
    const auto target =
        cursor.target.empty() ? std::nullopt : std::optional<std::string>(cursor.target);
    std::vector<parameter> values = {text(f.since),
                                     text(f.until),
                                     bytes(asked.actor),
                                     bytes(asked.action),
                                     bytes(asked.object_id),
                                     bytes(asked.organization_id),
                                     bytes(asked.only_organization),
                                     text(f.limit),
                                     text(f.at),
                                     text(f.id),
                                     text(target)};
    if (!is_first) values.push_back(text(cursor.seen));
    write sent(*writer_,
               is_first ? statements::first_audit_events : statements::further_audit_events,
               std::move(values));
    const auto answer = co_await sent;
    if (!answer) co_return answer.error();
    const auto& rows = **answer;
    if (PQntuples(&rows) == 0) co_return unreadable;
    const std::string told(text_at(rows, 0, 0));
    auto events = decode_events(rows, 1);
    if (!events) co_return events.error();
    auth::audit_page page{std::move(*events), {}};
    if (take_limit(page.events, asked.limit))
        page.next_cursor =
            audit_cursor{place_of(page.events.back()), bounded_snapshot(told), cursor.seen}.text();
    else
        page.next_cursor = cursor_after_series(cursor, told, !page.events.empty()).text();
    co_return page;
}

operation<std::string> lifecycle::record_act(auth::audit_act act, auth::operator_request& by) {
    const auto answer = co_await writer_->send_for(
        by, statements::record_audit_event, text(act.action), text(act.object_kind),
        bytes(act.object_id), text(act.before), text(act.after));
    if (!answer) co_return answer.error();
    if (PQntuples(*answer) != 1) co_return unreadable;
    co_return std::string(text_at(**answer, 0, 0));
}

} // namespace latchkey::pg

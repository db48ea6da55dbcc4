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

// An answer as the statements of pages tell it.
struct told_page {
    std::string target;
    std::optional<audit_cursor::place> next;
    std::vector<auth::audit_event> events;
};

core::result<told_page> read_page(const PGresult& rows) {
    constexpr int first = 3;
    if (PQntuples(&rows) == 0) return unreadable;
    told_page out{std::string(text_at(rows, 0, 0)), {}, {}};
    if (!PQgetisnull(&rows, 0, 1))
        out.next = {std::string(text_at(rows, 0, 1)), std::string(text_at(rows, 0, 2))};
    for (int row = 0; row < PQntuples(&rows); ++row) {
        if (PQgetisnull(&rows, row, first)) continue; // nothing was found
        auto one = decode_event(rows, row, first);
        if (!one) return unreadable;
        out.events.push_back(std::move(*one));
    }
    return out;
}

// The parameters of a page; what they are made of must outlive the write.
struct page_parameters {
    page_parameters(const auth::audit_query& q, const audit_cursor& c)
        : since(timestamp_of(q.since)),
          until(timestamp_of(q.until)),
          limit(std::to_string(q.limit)) {
        if (c.after) at = c.after->at;
        if (c.after) id = c.after->event_id;
        if (!c.target.empty()) target = c.target;
        values = {text(since),
                  text(until),
                  bytes(q.actor),
                  bytes(q.action),
                  bytes(q.object_id),
                  bytes(q.organization_id),
                  bytes(q.only_organization),
                  text(limit),
                  text(at),
                  text(id)};
    }
    page_parameters(const page_parameters&) = delete;
    page_parameters& operator=(const page_parameters&) = delete;

    std::optional<std::string> since;
    std::optional<std::string> until;
    std::string limit;
    std::optional<std::string> at;
    std::optional<std::string> id;
    std::optional<std::string> target;
    std::vector<parameter> values;
};

const statement& latest_events_for(const auth::audit_query& asked) {
    if (asked.object_id) return statements::latest_audit_events_of_object;
    if (asked.organization_id || asked.only_organization)
        return statements::latest_audit_events_of_organization;
    return statements::latest_audit_events;
}
const statement& first_events_for(const auth::audit_query& asked) {
    if (asked.object_id) return statements::first_audit_events_of_object;
    if (asked.organization_id || asked.only_organization)
        return statements::first_audit_events_of_organization;
    return statements::first_audit_events;
}

const core::failure foreign_cursor{core::failure_kind::invalid,
                                   "\"cursor\" is none that a page before has told"};

} // namespace

operation<auth::audit_page> lifecycle::list_audit_events(auth::audit_query asked) {
    const auto cursor = asked.cursor ? audit_cursor::read(*asked.cursor) : audit_cursor{};
    if (!cursor) co_return foreign_cursor;
    if (asked.oldest_first) co_return co_await first_audit_events(asked, *cursor);
    if (!cursor->seen.empty() || !cursor->target.empty()) co_return foreign_cursor;

    page_parameters parameters(asked, *cursor);
    write sent(*writer_, latest_events_for(asked), std::move(parameters.values));
    const auto answer = co_await sent;
    if (!answer) co_return answer.error();
    auto told = read_page(**answer);
    if (!told) co_return told.error();
    auth::audit_page page{std::move(told->events), {}, told->next.has_value()};
    if (told->next) page.next_cursor = audit_cursor{std::move(told->next), "", ""}.text();
    co_return page;
}

operation<auth::audit_page> lifecycle::first_audit_events(const auth::audit_query& asked,
                                                          const audit_cursor& cursor) {
    page_parameters parameters(asked, cursor);
    const bool is_first = cursor.seen.empty();
    parameters.values.push_back(text(parameters.target));
    if (!is_first) parameters.values.push_back(text(cursor.seen));
    write sent(*writer_, is_first ? first_events_for(asked) : statements::further_audit_events,
               std::move(parameters.values));
    const auto answer = co_await sent;
    if (!answer) co_return answer.error();
    auto told = read_page(**answer);
    if (!told) co_return told.error();
    auth::audit_page page{std::move(told->events), {}, told->next.has_value()};
    if (told->next)
        page.next_cursor =
            audit_cursor{std::move(told->next), bounded_snapshot(told->target), cursor.seen}.text();
    else
        page.next_cursor = cursor_after_series(cursor, told->target, !page.events.empty()).text();
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

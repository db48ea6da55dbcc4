#pragma once
// Query text about the audit trail.

#include "pg/connection/joined_text.hpp"
#include "pg/connection/statement.hpp"

namespace latchkey::pg::statements {

/// The columns of an event, of `e`.
inline constexpr char event_columns_text[] =
    " e.event_id::text, e.at, latchkey.told(e.actor), e.action, e.object_kind,"
    " latchkey.told(e.object_id), latchkey.told(e.organization_id), latchkey.told(e.request_id),"
    " latchkey.told(e.before), latchkey.told(e.after)";

// A page looks at 2000 events at most, and shows what its limit and half a megabyte hold. Where it
// looks is bounded by an index alone; what else is asked for is judged of the events that it looks
// at. An organization's or an object's events are sorted by that as well, and it is not compared by
// "=": else the planner would find them in the order of time, among all others.

/// $1: since, $2: until, $3: actor, $4: action, $5: object, $6: organization, $7: the only
/// organization that may be seen, $8: how many at most; each of the others may be NULL.
inline constexpr char event_filters_text[] =
    " ($1::timestamptz is null or e.at >= $1::timestamptz)"
    " and ($2::timestamptz is null or e.at < $2::timestamptz)"
    " and ($3::text is null or exists ("
    "select from jsonb_each_text(e.actor) as a where a.value = $3::text))"
    " and ($4::text is null or e.action = $4::text or e.object_kind = $4::text"
    " or split_part(e.action, '.', 2) = $4::text)"
    " and ($5::text is null or e.object_id = left($5::text, 512))"
    " and ($6::text is null or e.organization_id = left($6::text, 512))"
    " and ($7::text is null or e.organization_id = left($7::text, 512))";

/// The first row tells the series' snapshot (`s.target`, none if the latest come first) and the
/// `place` behind which the next page begins, NULL if this one has seen all. There is one row at
/// least; its event may be NULL. `in_order`: how `looked_at` is ordered; `last_first`: the reverse.
template <std::size_t Series, std::size_t Look, std::size_t Order, std::size_t Reverse,
          std::size_t Place, std::size_t More>
consteval auto page_of_events(const char (&series)[Series], const char (&looked_at)[Look],
                              const char (&in_order)[Order], const char (&last_first)[Reverse],
                              const char (&place)[Place], const char (&more_filters)[More]) {
    return joined(
        "with s as materialized (", series, "), looked_at as materialized (", looked_at,
        "), found as materialized (select e.*, row_number() over in_order as number,"
        " coalesce(sum(e.bytes) over (in_order rows between unbounded preceding and 1 preceding),"
        " 0) as bytes_before from (select e.*, octet_length(e.actor::text)"
        " + coalesce(octet_length(e.before::text), 0) + coalesce(octet_length(e.after::text), 0)"
        " as bytes from looked_at e cross join s where",
        event_filters_text, more_filters, " order by ", in_order,
        " limit $8::int8 + 1) as e window in_order as (order by ", in_order,
        ")), shown as (select * from found where number <= $8::int8"
        " and (number = 1 or bytes_before < 524288)),"
        " last as ((select e.at, e.xid, e.event_id from shown e"
        " where (select count(*) from found) > (select count(*) from shown)"
        " order by e.number desc limit 1) union all"
        " (select e.at, e.xid, e.event_id from looked_at e"
        " where (select count(*) from found) = (select count(*) from shown)"
        " and (select count(*) from looked_at) = 2000 order by ",
        last_first, " limit 1)) select s.target::text, ", place, ", last.event_id::text,",
        event_columns_text,
        " from s left join last on true left join shown e on true order by e.number");
}

inline constexpr char oldest_first[] = "e.at, e.event_id";
inline constexpr char latest_first[] = "e.at desc, e.event_id desc";
inline constexpr char time_text[] =
    "to_char(last.at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";

// Where to look: in the whole trail, or by a column of which there is an index with time and id.
struct whole_trail {
    static constexpr char is_looked_for[] = "";
    static constexpr char up[] = "";
    static constexpr char down[] = "";
};
struct of_object {
    static constexpr char is_looked_for[] = "e.object_id = any (array[left($5::text, 512)]) and";
    static constexpr char up[] = "e.object_id, ";
    static constexpr char down[] = "e.object_id desc, ";
};
struct of_organization {
    static constexpr char is_looked_for[] =
        "e.organization_id = any (array[left(coalesce($6::text, $7::text), 512)]) and";
    static constexpr char up[] = "e.organization_id, ";
    static constexpr char down[] = "e.organization_id desc, ";
};

// --- the latest events first; $9, $10: time and id of the last one before ---

template <class Where>
consteval auto latest_events() {
    // Ids begin with 1.
    constexpr auto looked_at =
        joined("select e.* from latchkey.audit_events e where ", Where::is_looked_for,
               " e.at >= coalesce($1::timestamptz, '-infinity')"
               " and e.at <= least($2::timestamptz, $9::timestamptz, 'infinity')"
               " and (e.at, e.event_id) < (least($2::timestamptz, $9::timestamptz, 'infinity'),"
               " case when $9::timestamptz < coalesce($2::timestamptz, 'infinity') then $10::int8"
               " else 0 end) order by ",
               Where::down, latest_first, " limit 2000");
    return page_of_events("select null::pg_snapshot as target", looked_at.text, latest_first,
                          oldest_first, time_text, "");
}

inline constexpr auto latest_events_text = latest_events<whole_trail>();
inline constexpr auto latest_events_of_object_text = latest_events<of_object>();
inline constexpr auto latest_events_of_organization_text = latest_events<of_organization>();

inline constexpr statement latest_audit_events{"latest_audit_events", latest_events_text.text, 10};
inline constexpr statement latest_audit_events_of_object{"latest_audit_events",
                                                         latest_events_of_object_text.text, 10};
inline constexpr statement latest_audit_events_of_organization{
    "latest_audit_events", latest_events_of_organization_text.text, 10};

// --- the earliest events first; $11: the snapshot that the first page of the series told ---

inline constexpr char series_text[] =
    "select coalesce($11::text::pg_snapshot, pg_current_snapshot()) as target,"
    " pg_current_snapshot() as here";

/// $9, $10: as above.
template <class Where>
consteval auto first_events() {
    constexpr auto looked_at =
        joined("select e.* from latchkey.audit_events e where ", Where::is_looked_for,
               " e.at < coalesce($2::timestamptz, 'infinity')"
               " and e.at >= greatest($1::timestamptz, $9::timestamptz, '-infinity')"
               " and (e.at, e.event_id) > (greatest($1::timestamptz, $9::timestamptz, '-infinity'),"
               " case when $9::timestamptz >= coalesce($1::timestamptz, '-infinity') then $10::int8"
               " else 0 end) order by ",
               Where::up, oldest_first, " limit 2000");
    // Rows of transactions that this cluster has not begun are another's, from a restored dump:
    // old.
    return page_of_events(
        series_text, looked_at.text, oldest_first, latest_first, time_text,
        " and (e.xid >= pg_snapshot_xmax(s.here) or pg_visible_in_snapshot(e.xid, s.target))");
}

inline constexpr auto first_events_text = first_events<whole_trail>();
inline constexpr auto first_events_of_object_text = first_events<of_object>();
inline constexpr auto first_events_of_organization_text = first_events<of_organization>();

inline constexpr statement first_audit_events{"first_audit_events", first_events_text.text, 11};
inline constexpr statement first_audit_events_of_object{"first_audit_events",
                                                        first_events_of_object_text.text, 11};
inline constexpr statement first_audit_events_of_organization{
    "first_audit_events", first_events_of_organization_text.text, 11};

inline constexpr auto further_events_text = page_of_events(
    series_text,
    "select * from ((select e.* from latchkey.audit_events e where (e.xid, e.event_id) >"
    " ((select greatest(pg_snapshot_xmax($12::text::pg_snapshot), $9::text::xid8)),"
    " (select case when $9::text::xid8 >= pg_snapshot_xmax($12::text::pg_snapshot)"
    " then $10::int8 else 0 end))"
    " and e.xid < (select pg_snapshot_xmax(s.target) from s)"
    " order by e.xid, e.event_id limit 2000) union all"
    " (select e.* from pg_snapshot_xip($12::text::pg_snapshot) as late (xid) cross join lateral ("
    "select * from latchkey.audit_events e where e.xid = late.xid and (e.xid, e.event_id) >"
    " (coalesce($9::text::xid8, '0'), coalesce($10::int8, 0))"
    " order by e.xid, e.event_id limit 2000) as e order by e.xid, e.event_id limit 2000)"
    ") as e order by e.xid, e.event_id limit 2000",
    "e.xid, e.event_id", "e.xid desc, e.event_id desc", "last.xid::text",
    " and pg_visible_in_snapshot(e.xid, s.target)");

/// What $12, the snapshot of the series before, could not see, transaction by transaction: in the
/// order in which these began to write. $9, $10: transaction and id of the last event before.
inline constexpr statement further_audit_events{"further_audit_events", further_events_text.text,
                                                12};

/// $1: action, $2: kind of the object, $3: its id, $4: before, $5: after.
inline constexpr statement record_audit_event{
    "record_audit_event",
    "select latchkey.record_event($1::text, $2::text, $3::text, null, $4::jsonb, $5::jsonb)::text",
    5};

// --- upkeep, by the feed ---

/// $1: for how many seconds events are kept, NULL: for ever. Returns whether there is more to do.
inline constexpr statement keep_audit_events{
    "keep_audit_events", "select latchkey.keep_audit_events(make_interval(secs => $1::float8))", 1};

inline constexpr statement watch_audit{
    "watch_audit", "select failed, failed_at, failed_with, wrong from latchkey.audit_state()", 0};

} // namespace latchkey::pg::statements

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

inline constexpr auto latest_events_text =
    joined("select", event_columns_text, " from latchkey.audit_events e where", event_filters_text,
           " and ($9::timestamptz is null or (e.at, e.event_id) < ($9::timestamptz, $10::int8))"
           " order by e.at desc, e.event_id desc limit $8::int8");

/// The latest events first. $9, $10: time and id of the last event before.
inline constexpr statement latest_audit_events{"latest_audit_events", latest_events_text.text, 10};

// Rows of transactions that this cluster has not begun are another's, from a restored dump: old.
inline constexpr char begin_series_text[] =
    "with s as materialized (select coalesce($11::text::pg_snapshot, pg_current_snapshot())"
    " as target, pg_current_snapshot() as here) select s.target::text,";
inline constexpr char series_text[] =
    " and (e.xid >= pg_snapshot_xmax(s.here) or pg_visible_in_snapshot(e.xid, s.target))"
    " and ($9::timestamptz is null or (e.at, e.event_id) > ($9::timestamptz, $10::int8))";

inline constexpr auto first_events_text =
    joined(begin_series_text, event_columns_text,
           " from s left join lateral (select * from latchkey.audit_events e where",
           event_filters_text, series_text,
           " order by e.at, e.event_id limit $8::int8) as e on true order by e.at, e.event_id");

/// The earliest events first. $9, $10: as above; $11: the snapshot that the first page of the
/// series told. At least one row, whose first column is that snapshot.
inline constexpr statement first_audit_events{"first_audit_events", first_events_text.text, 11};

inline constexpr auto further_events_text =
    joined(begin_series_text, event_columns_text,
           " from s left join lateral (select * from (select * from latchkey.audit_events e where"
           " ((e.xid >= pg_snapshot_xmax($12::text::pg_snapshot)"
           " and e.xid < pg_snapshot_xmax(s.here))"
           " or e.xid = any (array(select pg_snapshot_xip($12::text::pg_snapshot)))) and",
           event_filters_text, series_text,
           " offset 0) as e order by e.at, e.event_id limit $8::int8) as e on true"
           " order by e.at, e.event_id");

/// What $12, the snapshot of the series before, could not see.
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

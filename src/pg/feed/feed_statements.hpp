#pragma once
// Query text of the change feed.

#include "pg/connection/identity_statements.hpp"

namespace latchkey::pg::statements {

/// A page has at least one row, and ends with the row that exceeds its bytes or this number.
inline constexpr char taken_text[] =
    " taken as materialized (select p.*, coalesce(sum("
    "pg_column_size(p.keys) + pg_column_size(p.names)) over ("
    "order by p.seq rows between unbounded preceding and 1 preceding), 0) as before from ("
    "select m.seq, m.at, m.kind, m.keys, m.names, m.credential_kind from matched m, s"
    " where pg_visible_in_snapshot(m.xid, s.target)"
    " and (s.every_era or m.era is null or m.era = (select era from here))"
    " order by m.seq limit 1000) as p)";

// Columns about the server itself, and then about each change. The last columns are the type of
// organizations' ids (for a domain, its base type), and when the server started.
inline constexpr auto poll_columns_text = joined(
    " select s.target::text, (select era from here), ", place_text,
    ", pg_current_snapshot()::text,"
    " (select case when f.pruned_below <= pg_snapshot_xmin(pg_current_snapshot())"
    " then f.pruned_below::text else '0' end from latchkey.feed_state f),"
    " (select coalesce(n.beat, 0) from latchkey.nodes n where n.instance_id = $2::uuid),"
    " clock_timestamp(),"
    " (select coalesce(count(*) > 999 or bool_or(before >= $3::int8), false) from taken),"
    " t.seq, t.at, t.kind, t.keys, latchkey.told(t.names), t.credential_kind,"
    " (with recursive t (oid) as ("
    "select a.atttypid from pg_attribute a"
    " where a.attname = (parse_ident('\"organization_id\"'))[1]"
    " and a.attrelid = to_regclass('public.organizations') and not a.attisdropped"
    " union all select d.typbasetype from t join pg_type d on d.oid = t.oid"
    " where d.typtype = 'd')"
    " select b.typname::text from t join pg_type b on b.oid = t.oid where b.typtype <> 'd'), ",
    started_text, " from s left join taken t on t.before < $3::int8 order by t.seq");

inline constexpr char matched_columns_text[] =
    "select c.seq, c.xid, c.at, c.kind, c.keys, c.names, c.credential_kind, c.era"
    " from latchkey.changes c where ";

inline constexpr auto poll_changes_text =
    joined("with s as materialized (select pg_current_snapshot() as target,"
           " coalesce($4::boolean, false) as every_era),"
           " here as materialized (",
           era_text, "), matched as materialized (", matched_columns_text,
           "$1::text is not null and ((c.xid >= pg_snapshot_xmax($1::text::pg_snapshot)"
           " and c.xid < pg_snapshot_xmax(pg_current_snapshot()))"
           " or c.xid = any (array(select pg_snapshot_xip($1::text::pg_snapshot))))),",
           taken_text, poll_columns_text.text);

/// $1: the snapshot of the last poll, NULL at the first one; $2: this process's row in nodes; $3:
/// the bytes of a page; $4: whether rows of other eras are wanted, too. Returns the changes that
/// the last snapshot could not see, each once, and at least one row. It is a single statement
/// because rows and horizon from two would miss a commit in between. Rows of another era, or of
/// transactions that the server's snapshot does not know, belong to another database; so does a
/// `pruned_below` that no pruner of this one can have written.
inline constexpr statement poll_changes{"poll_changes", poll_changes_text.text, 4};

inline constexpr auto poll_page_text =
    joined("with s as materialized (select $4::text::pg_snapshot as target, false as every_era),"
           " here as materialized (",
           era_text, "), matched as materialized (", matched_columns_text,
           "c.seq > $5::int8 and pg_visible_in_snapshot(c.xid, $4::text::pg_snapshot)"
           " and not pg_visible_in_snapshot(c.xid, $1::text::pg_snapshot)"
           " and (c.era is null or c.era = (select era from here))"
           " order by c.seq limit 1000),",
           taken_text, poll_columns_text.text);

/// A further page between the same two snapshots. $4: the snapshot that the first page told; $5:
/// the last number read. Numbers are not in the order of commits, but between these two snapshots
/// nothing is added any more.
inline constexpr statement poll_page{"poll_page", poll_page_text.text, 5};

/// Returns which triggers are missing or switched off, so that changes are not written; NULL if
/// none.
inline constexpr statement trigger_problem{"trigger_problem", "select latchkey.trigger_problem()",
                                           0};

/// $1: a notification channel of this process alone.
inline constexpr statement notify_self{"notify_self", "select pg_notify($1::text, '')", 1};

} // namespace latchkey::pg::statements

#pragma once
// Query text about what an operator is told of a change: receipts, which nodes have applied it, and
// the answers that an Idempotency-Key repeats.

#include "pg/connection/identity_statements.hpp"

namespace latchkey::pg::statements {

// What is written here may be lost in a crash, and waits for no disk and no standby: the feed's
// polls and operators' answers are behind it.

// --- the feed ---

/// This database, whatever its timeline.
inline constexpr char this_database_text[] =
    "(select concat((select c.system_identifier from pg_control_system() as c), '/',"
    " (select d.oid from pg_database as d where d.datname = current_database())))";

inline constexpr auto note_era_text =
    joined("insert into latchkey.eras (era, written_in) select here.era, ", this_database_text,
           " from (select set_config('synchronous_commit', 'off', true)) as unhurried, (", era_text,
           ") as here on conflict do nothing");
/// The present era is one that this database has lived through.
inline constexpr statement note_era{"note_era", note_era_text.text, 0};

inline constexpr auto load_receipts_text =
    joined("select (select key from latchkey.receipt_key), array("
           "select e.era from latchkey.eras e where e.written_in = ",
           this_database_text, " and e.xmin = e.xid::xid order by e.noted_at desc limit 1000), (",
           era_text, ")");
/// Returns the key of receipts, the eras that are known; not those that a dump or a template
/// brought along, which were not written here by the transactions that they name; and the present
/// era.
inline constexpr statement load_receipts{"load_receipts", load_receipts_text.text, 0};

inline constexpr statement prune_idempotency_keys{
    "prune_idempotency_keys",
    "select latchkey.prune_idempotency_keys()"
    " from (select set_config('synchronous_commit', 'off', true)) as unhurried",
    0};

// --- acknowledgements ---

/// One row for each live node (list_nodes says which are): its id, its name, its max_staleness in
/// milliseconds, and the snapshot that it has applied. Each row also has: how much of the log is on
/// this server's disk; how much of it a standby has that commits would wait for, as far as this
/// role may see; and whether there should be such a standby.
inline constexpr statement read_fleet{
    "read_fleet",
    "select n.instance_id::text, n.node, (extract(epoch from n.max_staleness) * 1000)::int8,"
    " n.applied::text, (pg_current_wal_flush_lsn() - '0/0'::pg_lsn)::int8,"
    " (select max(flush_lsn - '0/0'::pg_lsn)::int8 from pg_stat_replication"
    " where sync_state in ('sync', 'quorum')),"
    " current_setting('synchronous_standby_names') <> ''"
    " and pg_has_role('pg_read_all_stats', 'usage')"
    " from (select clock_timestamp() as now) as clock left join latchkey.nodes n"
    " on n.heartbeat_at > clock.now - (n.max_staleness + interval '10 s')"
    " order by n.node, n.started_at, n.instance_id",
    0};

/// Wakes the nodes: a write that has changed nothing has told them nothing.
inline constexpr statement wake_nodes{"wake_nodes", "select pg_notify('latchkey_changes', '')", 0};

// --- answers that are repeated ---

/// $1: id. A change leaves rows in the feed, or it changed nothing.
inline constexpr statement find_replay{
    "find_replay",
    "select k.request, k.http_status, k.ids, k.answer, k.xid::text,"
    " exists (select from latchkey.changes c where c.xid = k.xid)"
    " from latchkey.idempotency_keys k"
    " where k.id = $1::bytea and k.at >= clock_timestamp() - interval '1 day'",
    1};
/// $1: id, $2: status, $3: answer.
inline constexpr statement keep_answer{
    "keep_answer",
    "update latchkey.idempotency_keys set http_status = $2::int4, answer = convert_from($3::bytea, "
    "'UTF8')"
    " from (select set_config('synchronous_commit', 'off', true)) as unhurried"
    " where id = $1::bytea",
    3};
/// $1: id, $2: the request that claimed it, whose change was refused after all.
inline constexpr statement forget_claim{
    "forget_claim",
    "delete from latchkey.idempotency_keys"
    " using (select set_config('synchronous_commit', 'off', true)) as unhurried"
    " where id = $1::bytea and asked = convert_from($2::bytea, 'UTF8') and answer is null",
    2};

} // namespace latchkey::pg::statements

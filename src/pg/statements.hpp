#pragma once
// Query texts about API keys, organizations, nodes and the feed, by name. The names are metric
// labels and the names of prepared statements. Those about devices, tokens and names stand with
// their subjects.

#include "pg/connection/statement.hpp"

#include <string_view>

namespace latchkey::pg {

namespace statements {

inline constexpr statement applied_migrations{
    "applied_migrations",
    "select version::int4, name::text, checksum::text from latchkey.schema_migrations"
    " order by version",
    0};

/// $1: bytea[]. A key is found by its hash, and by that of its secret before the last rotation: its
/// one row answers for both. An organization that is gone counts as disabled. Whether anything is
/// held (schema/0023), which is rare, is asked once for all of them. The organization's id
/// is spelled as in its own table, because changes to it are announced so. The old tables' columns
/// may be of any type: they are compared by functions that name the operators, so that none is
/// looked up in a schema that others may write to.
inline constexpr statement find_api_keys{
    "find_api_keys",
    "select k.key_hash, k.key_id, coalesce(o.\"organization_id\"::text, k.organization_id::text), "
    "k.name, k.external_id,"
    " case when k.role_scopes is null then k.scopes else k.scopes || k.role_scopes end,"
    " k.metadata::text, k.expires_at, k.enabled,"
    " k.revoked_at is not null or ((select exists (select from latchkey.holds)) and exists ("
    "select from latchkey.holds h where h.kind = 'api_key' and h.issuer = ''"
    " and h.value = k.key_id collate \"C\")),"
    " coalesce(latchkey.is_active(o.\"status\"), false)"
    " and not ((select exists (select from latchkey.holds)) and exists ("
    "select from latchkey.holds h where h.kind = 'disabled_organization' and h.issuer = ''"
    " and h.value = o.\"organization_id\"::text collate \"C\")), k.allowed_networks::text[], "
    "k.rate_limit_quantity,"
    " k.rate_limit_window_s, k.rate_limit_burst, k.caller_scopes, k.generation, k.previous_hash,"
    " k.previous_until, k.rate_limit_scope, k.credit_account"
    " from latchkey.api_keys k"
    " left join public.organizations o"
    " on latchkey.same_organization(o.\"organization_id\", k.organization_id)"
    " where k.key_hash = any($1::bytea[]) or k.previous_hash = any($1::bytea[])",
    1};

/// $15: names of roles, each once. Returns no row if there is no such organization, and NULL if it
/// has not all of these roles. Fails with unique_violation if a device has the key's id.
inline constexpr statement create_api_key{
    "create_api_key",
    "with whose as materialized (select o.\"organization_id\" as id from public.organizations o"
    " where latchkey.same_organization(o.\"organization_id\", $3)),"
    " found as materialized (select r.role_id from latchkey.roles r join whose w"
    " on latchkey.same_organization(r.organization_id, w.id) where r.name = any($15::text[])),"
    " made as (insert into latchkey.api_keys (key_hash, key_id, organization_id, name, "
    "external_id, scopes,"
    " metadata, allowed_networks, expires_at, rate_limit_quantity, rate_limit_window_s,"
    " rate_limit_burst, caller_scopes, hint, rate_limit_scope)"
    " select $1::bytea, $2::text, w.id, $4::text, $5::text, $6::text[], $7::jsonb,"
    " $8::inet[], $9::timestamptz, $10::bigint, $11::integer, $12::bigint,"
    " $13::text[], $14::text, $16::text"
    " from whose w where (select count(*) from found) = cardinality($15::text[])"
    " and latchkey.claim_key_id($2::text)"
    " returning key_id, created_at),"
    " granted as (insert into latchkey.role_grants (role_id, kind, holder_id)"
    " select f.role_id, 'api_key', m.key_id from found f, made m),"
    " credited as (insert into latchkey.credit_accounts"
    " (kind, key_id, remaining, refill_amount, refill_every_s)"
    " select 'key', key_id, $17::bigint, $18::bigint, $19::bigint from made"
    " where $17::bigint is not null)"
    " select m.created_at from whose w left join made m on true",
    19};

// --- the change feed ---

inline constexpr statement listen_for_changes{"listen_for_changes", "listen latchkey_changes", 0};

/// The table is empty after a crash or a promotion. Another node may have been quicker.
inline constexpr statement begin_era{
    "begin_era", "insert into latchkey.era default values on conflict do nothing", 0};

/// $1: instance, $2: name, $3: version, $4: start, $5: max_staleness in seconds, $6: the applied
/// snapshot, $7: the heartbeat's number, $8: its settings, $9: of which database it has
/// nothing left to write back. A heartbeat that was given up and
/// arrives late changes nothing. A heartbeat need not survive a crash: it
/// does not wait for the disk, and so does not delay the poll behind it.
inline constexpr statement announce_node{
    "announce_node",
    "insert into latchkey.nodes"
    " (instance_id, node, version, started_at, heartbeat_at, max_staleness, applied, beat,"
    " settings, settled)"
    " select $1::uuid, $2::text, $3::text, $4::timestamptz, clock_timestamp(),"
    " make_interval(secs => $5::float8), $6::text::pg_snapshot, $7::int8, $8::jsonb, $9::text"
    " from (select set_config('synchronous_commit', 'off', true)) as unhurried"
    " on conflict (instance_id) do update set heartbeat_at = excluded.heartbeat_at,"
    " applied = excluded.applied, beat = excluded.beat, settings = excluded.settings,"
    " settled = excluded.settled"
    " where nodes.beat is null or nodes.beat < excluded.beat",
    9};

/// $1: instance, $2: the database that it reads, $3: seconds. Tells whether another node may have
/// something to write back there: one whose heartbeat is not much older than that of others that
/// were there before; and whether one of those is at it, by a heartbeat of the last $3 seconds.
/// Nodes of earlier releases remember nothing.
inline constexpr statement unsettled_nodes{
    "unsettled_nodes",
    "select count(*) > 0, coalesce(bool_or(n.heartbeat_at > clock_timestamp()"
    " - make_interval(secs => $3::float8)), false)"
    " from latchkey.nodes n where n.instance_id <> $1::uuid"
    " and n.settled <> $2::text and n.heartbeat_at > (select max(o.heartbeat_at)"
    " from latchkey.nodes o where o.settled <> $2::text) - interval '5 minutes'",
    3};

/// $1: this node's name, $2: text[], the eras that it has followed, $3: the snapshot up to which it
/// followed the last one, $4: what it remembers, as JSON. Returns whether an operator wants the
/// database as it is, and how many were written back (schema/0023).
inline constexpr statement reassert{
    "reassert",
    "select accepted, written from latchkey.reassert($1::text, $2::text[], $3::text, $4::jsonb)",
    4};

/// $1: the era that was read. The database's files were put back by a copy that has that era, too:
/// from now on it has one of its own. Another node may have been quicker.
inline constexpr statement leave_era{"leave_era", "select latchkey.leave_era($1::text)", 1};

/// $1: instance. It answers nothing any more, so nobody need wait for it. If a crash brings the row
/// back, it counts as that of a killed process: the delete does not wait for the disk either.
inline constexpr statement leave_nodes{
    "leave_nodes",
    "delete from latchkey.nodes n"
    " using (select set_config('synchronous_commit', 'off', true)) as unhurried"
    " where n.instance_id = $1::uuid",
    1};

/// $1: how long changes are kept at least; $2: how long past its bound a silent node counts as
/// live. Both are in seconds.
inline constexpr statement prune_changes{
    "prune_changes",
    "select latchkey.prune_changes(make_interval(secs => $1::float8),"
    " make_interval(secs => $2::float8))",
    2};

/// Returns no row if there is no such key. The update has no condition on the state, so that the
/// later of two revocations at the same time sees what the earlier one wrote. If the key was
/// revoked because it is gone from the older service's array, the time stays, and the operator's
/// reason keeps the array from undoing the revocation. $3: the only organization, or NULL for all.
inline constexpr statement revoke_api_key{
    "revoke_api_key",
    "update latchkey.api_keys set revoked_at = coalesce(revoked_at, now()),"
    " revoked_reason = case when revoked_at is null"
    " or revoked_reason = 'removed from organizations.api_keys'"
    " then $2::text else revoked_reason end"
    " where key_id = $1::text"
    " and coalesce(latchkey.same_organization(organization_id, $3), $3 is null)"
    " returning key_hash, key_id, organization_id::text, revoked_at, revoked_reason, previous_hash",
    3};

/// The same, and sets the element in the older service's array inactive.
inline constexpr statement revoke_writing_back{
    "revoke_writing_back",
    "select r.key_hash, r.key_id, r.organization_id::text, r.revoked_at, r.revoked_reason,"
    " r.previous_hash"
    " from (select k.key_id as id from latchkey.api_keys k where k.key_id = $1::text"
    " and coalesce(latchkey.same_organization(k.organization_id, $3), $3 is null)) as asked"
    " cross join lateral latchkey.revoke_writing_back(asked.id, $2::text) as r",
    3};

/// Returns no row if there is no such key.
inline constexpr statement standing_of_key{
    "standing_of_key",
    "select coalesce(o.\"organization_id\"::text, k.organization_id::text),"
    " array_to_string(k.caller_scopes, ' ')"
    " from latchkey.api_keys k"
    " left join public.organizations o"
    " on latchkey.same_organization(o.\"organization_id\", k.organization_id)"
    " where k.key_id = $1::text",
    1};

/// Times are in milliseconds. A node is live until its heartbeat is older than its own
/// max_staleness and a margin of 10 s. The clock is read once for all rows.
inline constexpr statement list_nodes{
    "list_nodes",
    "select n.instance_id::text, n.node, n.version, n.started_at, n.heartbeat_at,"
    " (extract(epoch from n.max_staleness) * 1000)::int8,"
    " n.heartbeat_at > clock.now - (n.max_staleness + interval '10 s'),"
    " case when isfinite(n.heartbeat_at)"
    " then greatest(0, (extract(epoch from clock.now - n.heartbeat_at) * 1000)::int8) end"
    " from latchkey.nodes n, (select clock_timestamp() as now) as clock"
    " order by n.node, n.started_at, n.instance_id",
    0};

} // namespace statements

} // namespace latchkey::pg

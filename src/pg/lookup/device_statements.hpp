#pragma once
// Query text for devices (look-ups and the operator's writes) and for the uses of credentials.

#include "pg/connection/joined_text.hpp"
#include "pg/connection/statement.hpp"

namespace latchkey::pg::statements {

/// The columns of an answer about one device; the table is d. Of the secret they tell only the
/// form. They are for an operator: text that UTF-8 cannot express is shown with escapes, so that it
/// breaks no list.
inline constexpr char device_columns[] =
    "latchkey.told(d.DEVICE_ID::text) as id,"
    " coalesce(latchkey.told(d.ORGANIZATION_ID::text), '') as whose,"
    " latchkey.told(d.NAME::text) as label, latchkey.told("
    "array(select s from unnest(latchkey.device_scopes(d.scopes)) as s where s is not null))"
    " as scopes,"
    " case when latchkey.told(d.metadata::text) = d.metadata::text then to_jsonb(d.metadata)::text"
    " else coalesce(to_jsonb(latchkey.told(d.metadata::text))::text, '{}') end as metadata,"
    " coalesce(latchkey.told(d.STATUS::text), '') as word,"
    " case when coalesce(d.DEVICE_SECRET::text, '') = '' then 3"
    " when d.DEVICE_SECRET::text ~ '^sha256:' then 0"
    " when d.DEVICE_SECRET::text ~ '^scrypt:' then 1 else 2 end as secret_form,"
    " d.previous_secret_until::timestamptz as previous_until,"
    " d.revoked_at::timestamptz as revoked, case when d.revoked_at is null and exists (select from "
    "latchkey.holds h"
    " where h.kind = 'device' and h.issuer = '' and h.value = d.DEVICE_ID::text collate \"C\")"
    " then 'reasserted: the database had lost it' else latchkey.told(d.revoked_reason::text) end"
    " as reason, coalesce(latchkey.is_active(d.STATUS), false) as enabled,"
    " case when d.revoked_at is not null or exists (select from latchkey.holds h"
    " where h.kind = 'device' and h.issuer = '' and h.value = d.DEVICE_ID::text collate \"C\")"
    " then 'revoked' when latchkey.is_active(d.STATUS)"
    " then 'active' else 'disabled' end as state,"
    " coalesce(d.generation, 0) as generation, d.previous_secret is not null"
    " and d.previous_secret_until::timestamptz > clock_timestamp() as has_previous,"
    " (select u.last_used_at from latchkey.credential_use u where u.kind = 'previous_device'"
    " and u.credential_id = d.DEVICE_ID::text collate \"C\""
    " and u.last_used_at >= d.previous_secret_since) as previous_used,"
    " latchkey.made_at(d) as made,"
    " (select u.last_used_at from latchkey.credential_use u where u.kind = 'device'"
    " and u.credential_id = d.DEVICE_ID::text collate \"C\") as used,"
    " coalesce((select u.uses from latchkey.credential_use u where u.kind = 'device'"
    " and u.credential_id = d.DEVICE_ID::text collate \"C\"), 0) as uses,"
    " clock_timestamp() as now, case when d.role_scopes is null then '{}'::text[]"
    " else latchkey.told(array(select r.name::text from latchkey.role_grants g"
    " join latchkey.roles r on r.role_id = g.role_id"
    " and latchkey.is_devices_organization(r.organization_id, d.ORGANIZATION_ID)"
    " where g.kind = 'device' and g.holder_id = d.DEVICE_ID::text collate \"C\""
    " order by r.name)) end as roles";

/// $1: bytea[], SHA-256 of ids. The old table's columns may be NULL, or of other types than
/// Latchkey's: no row may break the answer for the other look-ups of the batch. An organization
/// that is gone counts as disabled.
inline constexpr statement find_devices{
    "find_devices",
    "select sha256(convert_to(d.DEVICE_ID::text, 'UTF8')), d.DEVICE_ID::text,"
    " coalesce(o.\"organization_id\"::text, d.ORGANIZATION_ID::text, ''), d.NAME::text,"
    " array(select s from unnest(latchkey.device_scopes(d.scopes)) as s where s is not null"
    " union all select s from unnest(d.role_scopes) as s),"
    " coalesce(to_jsonb(d.metadata)::text, '{}'), coalesce(d.DEVICE_SECRET::text, ''),"
    " d.previous_secret::text, d.previous_secret_until::timestamptz,"
    " coalesce(latchkey.is_active(d.STATUS), false),"
    " d.revoked_at is not null or ((select exists (select from latchkey.holds)) and exists ("
    "select from latchkey.holds h where h.kind = 'device' and h.issuer = ''"
    " and h.value = d.DEVICE_ID::text collate \"C\")),"
    " coalesce(latchkey.is_active(o.\"status\"), false)"
    " and not ((select exists (select from latchkey.holds)) and exists ("
    "select from latchkey.holds h where h.kind = 'disabled_organization' and h.issuer = ''"
    " and h.value = o.\"organization_id\"::text collate \"C\")), coalesce(d.generation, 0)"
    " from public.device_credentials d"
    " left join public.organizations o"
    " on latchkey.is_devices_organization(o.\"organization_id\", d.ORGANIZATION_ID)"
    " where latchkey.device_key(d.DEVICE_ID::text) = any($1::bytea[])",
    1};

// --- the operator's writes; a device is found by the SHA-256 of its id, whatever the id's type ---

/// $1: JSON, an array of objects with the columns' usual names, and "enabled" if it is false; the
/// table's own names are added to each, since a row is made of it. Returns one row for each device
/// that was not taken; the first row is the statement's own, with its time.
inline constexpr statement import_devices{
    "import_devices",
    "select now(), null::text, null::text union all"
    " select now(), id, problem from latchkey.import_devices(("
    "select coalesce(jsonb_agg((e - 'enabled') || jsonb_build_object("
    "(parse_ident('DEVICE_ID'))[1], e -> 'device_id',"
    " (parse_ident('DEVICE_SECRET'))[1], e -> 'device_secret',"
    " (parse_ident('ORGANIZATION_ID'))[1], e -> 'organization_id',"
    " (parse_ident('NAME'))[1], e -> 'name')"
    " || case when e ? 'previous_secret'"
    " then jsonb_build_object('previous_secret_since', clock_timestamp()) else '{}' end"
    " || case when e ? 'enabled'"
    " then jsonb_build_object((parse_ident('STATUS'))[1], 'disabled') else '{}' end"
    " order by place), '[]')"
    " from jsonb_array_elements($1::jsonb) with ordinality as each_one (e, place)))",
    1};

// $1: id, as in all that follow.

/// A device gets another secret unless it is revoked, or the secret before the last rotation still
/// works.
inline constexpr char device_may_rotate[] =
    "d.revoked_at is null and (d.previous_secret is null"
    " or coalesce(d.previous_secret_until::timestamptz <= clock_timestamp(), true))";

/// $2: the new secret's stored form; $3: seconds for which the old one stays good; $4: the only
/// organization, or NULL for all. The last column tells whether the device has it; if not, it stays
/// as it was.
inline constexpr auto rotate_device_text =
    joined("update public.device_credentials d set"
           " previous_secret = case when not (",
           device_may_rotate,
           ") then d.previous_secret when $3::float8 > 0 then d.DEVICE_SECRET end,"
           " previous_secret_until = case when not (",
           device_may_rotate,
           ") then d.previous_secret_until"
           " when $3::float8 > 0 then clock_timestamp() + make_interval(secs => $3::float8) end,"
           " previous_secret_since = case when not (",
           device_may_rotate,
           ") then d.previous_secret_since when $3::float8 > 0 then clock_timestamp() end,"
           " DEVICE_SECRET = case when not (",
           device_may_rotate,
           ") then d.DEVICE_SECRET else $2::text end"
           " where latchkey.device_key(d.DEVICE_ID::text) = latchkey.device_key($1::text)"
           " and coalesce(latchkey.is_devices_organization($4, d.ORGANIZATION_ID), $4 is null)"
           " returning ",
           device_columns, ", d.DEVICE_SECRET::text = $2::text");
inline constexpr statement rotate_device{"rotate_device", rotate_device_text.text, 4};

/// $2: the only organization, or NULL for all.
inline constexpr auto finish_device_rotation_text =
    joined("update public.device_credentials d set"
           " previous_secret = null, previous_secret_until = null, previous_secret_since = null"
           " where latchkey.device_key(d.DEVICE_ID::text) = latchkey.device_key($1::text)"
           " and coalesce(latchkey.is_devices_organization($2, d.ORGANIZATION_ID), $2 is null)"
           " returning ",
           device_columns);
inline constexpr statement finish_device_rotation{"finish_device_rotation",
                                                  finish_device_rotation_text.text, 2};

/// $2: reason; $3: the only organization, or NULL for all.
inline constexpr auto revoke_device_text = joined(
    "update public.device_credentials d set revoked_at = coalesce(d.revoked_at, now()),"
    " revoked_reason = case when d.revoked_at is null then $2::text else d.revoked_reason end"
    " where latchkey.device_key(d.DEVICE_ID::text) = latchkey.device_key($1::text)"
    " and coalesce(latchkey.is_devices_organization($3, d.ORGANIZATION_ID), $3 is null)"
    " returning ",
    device_columns);
inline constexpr statement revoke_device{"revoke_device", revoke_device_text.text, 3};

/// $1: the last id of the page before, or NULL; $2: how many at most. The order is by device_key,
/// so that one index serves ids of every type.
inline constexpr statement legacy_devices{
    "legacy_devices",
    "select d.DEVICE_ID::text, latchkey.told(array(select s"
    " from unnest(array[d.DEVICE_SECRET::text, d.previous_secret::text]) as s"
    " where s <> '' and s !~ '^(sha256|scrypt):'))"
    " from public.device_credentials d"
    " where latchkey.device_key(d.DEVICE_ID::text)"
    " > coalesce(latchkey.device_key($1::text), ''::bytea)"
    " and ((d.DEVICE_SECRET::text <> '' and d.DEVICE_SECRET::text !~ '^(sha256|scrypt):')"
    " or (d.previous_secret::text <> '' and d.previous_secret::text !~ '^(sha256|scrypt):'))"
    " order by latchkey.device_key(d.DEVICE_ID::text) limit $2::int8",
    2};

/// Counts bare secrets by shape, as auth::shape_of_bare tells them apart.
inline constexpr statement count_bare_secrets{
    "count_bare_secrets",
    "select count(*) filter (where is_hex), count(*) filter (where is_like and not is_hex),"
    " count(*) filter (where not is_like)"
    " from (select s ~ '^[0-9a-fA-F]{64}$' as is_hex,"
    " s ~* E'^[ \\\\u0009-\\\\u000d]*(0x|\\\\\\\\x|sha-?256[:=$]|[{]sha256[}])?[ "
    "\\\\u0009-\\\\u000d]*"
    "[0-9a-f]{64}[ \\\\u0009-\\\\u000d]*$' as is_like"
    " from public.device_credentials d,"
    " unnest(array[d.DEVICE_SECRET::text, d.previous_secret::text]) as s"
    " where s <> '' and s !~ '^(sha256|scrypt):') as bare",
    0};

/// $2: the bare text, $3: its stored form. Returns no row if another writer has replaced the bare
/// text.
inline constexpr statement rehash_device{
    "rehash_device",
    "update public.device_credentials d set"
    " DEVICE_SECRET ="
    " case when d.DEVICE_SECRET::text = $2::text then $3::text else d.DEVICE_SECRET end,"
    " previous_secret ="
    " case when d.previous_secret::text = $2::text then $3::text else d.previous_secret end"
    " where latchkey.device_key(d.DEVICE_ID::text) = latchkey.device_key($1::text)"
    " and (d.DEVICE_SECRET::text = $2::text or d.previous_secret::text = $2::text)"
    " returning true",
    3};

// --- how often credentials are used ---

/// $1: kinds, $2: ids, $3: counts, $4: last uses in microseconds since 1970. Rows go in the order
/// of the primary key, so that two nodes take the same locks in the same order. The transaction
/// does not wait for the disk.
inline constexpr statement write_uses{
    "write_uses",
    "with given as materialized (select g.kind, g.id, sum(g.uses)::int8 as uses,"
    " max('epoch'::timestamptz + g.at * interval '1 microsecond') as at, sum(g.cost)::int8 as cost"
    " from (select set_config('synchronous_commit', 'off', true)) as unhurried,"
    " unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::int8[]) as g"
    " (kind, id, uses, at, cost)"
    " group by g.kind collate \"C\", g.id collate \"C\", g.kind, g.id),"
    " by_day as (insert into latchkey.usage_by_day as d"
    " (day, organization_id, key_id, external_id, valid, cost)"
    " select (g.at at time zone 'UTC')::date as day,"
    " coalesce(k.organization_id::text, '') collate \"C\" as organization, g.id collate \"C\" as "
    "key,"
    " coalesce(k.external_id, '') collate \"C\" as owner, g.uses, g.cost"
    " from given g left join latchkey.api_keys k on k.key_id = g.id where g.kind = 'api_key'"
    " order by 1, 2, 3, 4"
    " on conflict (day, organization_id, key_id, external_id) do update"
    " set valid = d.valid + excluded.valid, cost = d.cost + excluded.cost)"
    " insert into latchkey.credential_use as u (kind, credential_id, uses, last_used_at)"
    " select g.kind, g.id, g.uses, g.at from given g"
    " order by g.kind collate \"C\", g.id collate \"C\""
    " on conflict (kind, credential_id) do update set uses = u.uses + excluded.uses,"
    " last_used_at = greatest(u.last_used_at, excluded.last_used_at)",
    5};

} // namespace latchkey::pg::statements

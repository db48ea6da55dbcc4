#pragma once
// Query text for revocations and signing keys: of the feed, and of the operator's writes.

#include "pg/connection/joined_text.hpp"
#include "pg/connection/statement.hpp"

namespace latchkey::pg::statements {

// --- the feed: what it cannot know from changes alone ---

/// $1: the last id of the page before, $2: how many at most. Revocations are left out 15 minutes
/// after they expire, by a clock that has not jumped ahead. The last column is of credentials of
/// which lower generations have ended; these are numbered with the others.
inline constexpr statement load_revocations{
    "load_revocations",
    "(select id, kind, latchkey.told(issuer), latchkey.told(value), issued_before, expires_at,"
    " created_at, credential_kind, null::int4 from latchkey.revocations"
    " where id > $1::int8 and (expires_at is null"
    " or expires_at + interval '15 minutes' > (select latchkey.trusted_now()))"
    " order by id limit $2::int8)"
    " union all"
    " (select id, 'credential', '', latchkey.told(credential_id), null, null,"
    " created_at, kind, below from latchkey.ended_generations"
    " where id > $1::int8 order by id limit $2::int8)"
    " order by id limit $2::int8",
    2};

inline constexpr statement load_signing_keys{
    "load_signing_keys",
    "select key_id, algorithm, state, created_at, activates_at, activated_at, retired_at,"
    " public_jwk::text, kek_id, sealed from latchkey.signing_keys"
    " where state <> 'retired' order by created_at desc, key_id",
    0};

/// Deletes revocations that have concerned no token for a day, and records how long this node's
/// tokens live: the longest of all nodes counts (schema/0014). Lives are in seconds; NULL or null
/// means for ever. $1: lives by issuer, a JSON object; $2: tokens of other issuers, and counts; $3:
/// revocations of organizations; $4: Latchkey's own tokens. Such deletions are not announced.
inline constexpr statement prune_revocations{
    "prune_revocations",
    "select latchkey.prune_revocations($1::jsonb, $2::float8, $3::float8, $4::float8)", 4};

// --- revocations ---

/// $1: kind, $2: issuer, $3: value, $4: issued_before, $5: expires_at, $6: reason. A revocation
/// that has expired and is not pruned yet does not count.
inline constexpr statement create_revocation{
    "create_revocation",
    "insert into latchkey.revocations as r (kind, issuer, value, issued_before, expires_at, reason)"
    " values ($1::text, $2::text, $3::text, $4::timestamptz, $5::timestamptz, $6::text)"
    " on conflict (kind, issuer, value) do update set"
    " issued_before = case when r.expires_at <= latchkey.trusted_now() then excluded.issued_before"
    " when r.issued_before is not null and excluded.issued_before is not null"
    " then greatest(r.issued_before, excluded.issued_before) end,"
    " expires_at = case when r.expires_at is not null and excluded.expires_at is not null"
    " then greatest(r.expires_at, excluded.expires_at) end,"
    " reason = coalesce(excluded.reason, r.reason), created_at = clock_timestamp()"
    " returning id, kind, issuer, value, issued_before, expires_at, created_at, credential_kind, "
    "reason",
    6};

/// $1: the last id of the page before, $2: how many at most.
inline constexpr statement list_revocations{
    "list_revocations",
    "select id, kind, latchkey.told(issuer), latchkey.told(value), issued_before, expires_at,"
    " created_at, credential_kind, latchkey.told(reason)"
    " from latchkey.revocations where id > $1::int8 order by id limit $2::int8",
    2};

/// Whether the revocation r is surely an organization's. $2: the organization, or NULL for all; $3:
/// the issuer of our own tokens; $4: the organization once more, in the type that its ids have. A
/// subject may be a key of one organization and a device of another.
inline constexpr char whose_revocation_is[] =
    "($2::text is null or case r.kind when 'organization' then r.value = $2::text"
    " when 'disabled_organization' then r.value = $2::text"
    " else (r.kind = 'credential' or (r.kind = 'subject' and r.issuer = $3::text))"
    " and coalesce((select bool_and(c.own) from ("
    "select k.organization_id::text = $2::text as own from latchkey.api_keys k"
    " where k.key_id = r.value"
    " union all select coalesce(latchkey.is_devices_organization($4, d.ORGANIZATION_ID), false)"
    " from public.device_credentials d"
    " where latchkey.device_key(d.DEVICE_ID::text) = latchkey.device_key(r.value)) as c), false)"
    " end)";

/// $1: the last id of the page before; $2 to $4 as above; $5: how many at most. The last column is
/// the id after which the next page begins. A page looks at 2000 revocations at most.
inline constexpr auto list_own_revocations_text =
    joined("with looked as materialized (select * from latchkey.revocations where id > $1::int8"
           " order by id limit 2000),"
           " own as materialized (select r.* from looked r where ",
           whose_revocation_is,
           " order by r.id limit $5::int8 + 1),"
           " shown as (select * from own order by id limit $5::int8)"
           " select s.id, s.kind, latchkey.told(s.issuer), latchkey.told(s.value),"
           " s.issued_before, s.expires_at, s.created_at, s.credential_kind,"
           " latchkey.told(s.reason), next.id::text"
           " from (select case when (select count(*) from own) > $5::int8"
           " then (select max(id) from shown)"
           " when (select count(*) from looked) = 2000 then (select max(id) from looked)"
           " end as id) as next left join shown s on true order by s.id");
inline constexpr statement list_own_revocations{"list_revocations", list_own_revocations_text.text,
                                                5};

/// $1: id; $2 to $4 as above. Returns no row if there is none, or if it is another's. The last
/// column tells whether it was withdrawn now.
inline constexpr auto delete_revocation_text =
    joined("with r as materialized (select * from latchkey.revocations r"
           " where r.id = $1::int8 and ",
           whose_revocation_is,
           "), gone as (delete from latchkey.revocations d using r where d.id = r.id"
           " and d.kind in ('token', 'subject', 'organization') returning d.id)"
           " select id, kind, issuer, value, issued_before, expires_at, created_at,"
           " credential_kind, reason, exists (select from gone) from r");
inline constexpr statement delete_revocation{"delete_revocation", delete_revocation_text.text, 4};

// --- signing keys ---

inline constexpr statement list_signing_keys{
    "list_signing_keys",
    "select key_id, algorithm, state, created_at, activates_at, activated_at, retired_at,"
    " public_jwk::text, kek_id, null::bytea from latchkey.signing_keys"
    " order by created_at desc, key_id",
    0};

/// $1: id, $2: algorithm, $3: public JWK or NULL, $4: sealed, $5: kek_id, $6: whether it is the
/// first one, $7: when it is to become current.
inline constexpr statement add_signing_key{
    "add_signing_key",
    "select latchkey.add_signing_key($1::text, $2::text, $3::json, $4::bytea, $5::text,"
    " $6::boolean, $7::timestamptz)",
    7};

/// $1: id, $2: seconds.
inline constexpr statement promote_signing_key{
    "promote_signing_key",
    "select latchkey.promote_signing_key($1::text, make_interval(secs => $2::float8))", 2};
inline constexpr statement retire_signing_key{
    "retire_signing_key",
    "select latchkey.retire_signing_key($1::text, make_interval(secs => $2::float8))", 2};

/// $1 to $5 as above, $6: at once, $7: seconds.
inline constexpr statement rotate_signing_key{
    "rotate_signing_key",
    "select true from latchkey.rotate_signing_key($1::text, $2::text, $3::json, $4::bytea,"
    " $5::text, $6::boolean, make_interval(secs => $7::float8))",
    7};

} // namespace latchkey::pg::statements

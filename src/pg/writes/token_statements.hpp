#pragma once
// Query text for revocations and signing keys: of the feed, and of the operator's writes.

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

/// $1: id. Returns no row if there is none. The last column tells whether it was withdrawn now.
inline constexpr statement delete_revocation{
    "delete_revocation",
    "with gone as (delete from latchkey.revocations"
    " where id = $1::int8 and kind in ('token', 'subject', 'organization') returning id)"
    " select id, kind, issuer, value, issued_before, expires_at, created_at, credential_kind, "
    "reason,"
    " exists (select from gone) from latchkey.revocations where id = $1::int8",
    1};

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

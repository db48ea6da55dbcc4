#pragma once
// Query text about revocations and signing keys: of the feed, and of the operator's changes.

#include <latchkey/pg/joined_text.hpp>
#include <latchkey/pg/statements.hpp>

namespace latchkey::pg::statements {

// --- the feed: what it cannot know from changes alone ---

/// $1: the last id of the page before, $2: how many at most.
inline constexpr statement load_revocations{
    "load_revocations",
    "select id, kind, latchkey.told(issuer), latchkey.told(value), issued_before, expires_at,"
    " created_at, credential_kind from latchkey.revocations"
    " where id > $1::int8 and (expires_at is null"
    " or expires_at + interval '1 minute' > clock_timestamp())"
    " order by id limit $2::int8",
    2};

inline constexpr statement load_signing_keys{
    "load_signing_keys",
    "select key_id, algorithm, state, created_at, activates_at, activated_at, retired_at,"
    " public_jwk::text, kek_id, sealed from latchkey.signing_keys"
    " where state <> 'retired' order by created_at desc, key_id",
    0};

/// Deletes revocations that concern no token any more: past their own date and the longest leeway
/// of an issuer, or older than tokens live; and the counts of tokens that nobody can use any more.
/// Lives are in seconds, NULL or null for ever; $1: by issuer, a JSON object, $2: of tokens of
/// other issuers, and of counts, $3: of those that name organizations, $4: of our own. 100,000 of
/// each at most, so that it ends within a poll's deadline; one caller at a time, another does
/// nothing. What somebody else is changing is left for the next time: they lock rows in another
/// order. The condition is there twice, since a row may have been renewed meanwhile. What is
/// deleted so is told to nobody.
inline constexpr char revocation_is_over[] =
    "coalesce(r.expires_at + interval '1 minute', r.created_at + make_interval(secs => case"
    " when r.kind in ('token', 'subject') then case when $1::jsonb ? r.issuer"
    " then ($1::jsonb ->> r.issuer)::float8 else $2::float8 end"
    " when r.kind in ('organization', 'disabled_organization') then $3::float8"
    " else $4::float8 end)) < clock_timestamp()";
inline constexpr char use_is_over[] =
    "u.kind = 'token' and u.last_used_at + make_interval(secs => $2::float8) < clock_timestamp()";
inline constexpr auto prune_revocations_text =
    joined("with alone as materialized (select pg_try_advisory_xact_lock(7021860473813) as granted,"
           " set_config('latchkey.pruning', 'on', true)),"
           " uses as (delete from latchkey.credential_use u where (select granted from alone)"
           " and u.credential_id in (select u.credential_id from latchkey.credential_use u where ",
           use_is_over, " limit 100000 for update skip locked) and ", use_is_over,
           ") delete from latchkey.revocations r where (select granted from alone)"
           " and r.id in (select r.id from latchkey.revocations r where ",
           revocation_is_over, " limit 100000 for update skip locked) and ", revocation_is_over);
inline constexpr statement prune_revocations{"prune_revocations", prune_revocations_text.text, 4};

// --- revocations ---

/// $1: kind, $2: issuer, $3: value, $4: issued_before, $5: expires_at, $6: reason. What has expired
/// and only waits to be pruned counts no more.
inline constexpr statement create_revocation{
    "create_revocation",
    "insert into latchkey.revocations as r (kind, issuer, value, issued_before, expires_at, reason)"
    " values ($1::text, $2::text, $3::text, $4::timestamptz, $5::timestamptz, $6::text)"
    " on conflict (kind, issuer, value) do update set"
    " issued_before = case when r.expires_at <= clock_timestamp() then excluded.issued_before"
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

/// $1: id. No row: there is none. The last column: whether it is withdrawn now.
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

/// $1: id, $2: algorithm, $3: public JWK or NULL, $4: sealed, $5: kek_id, $6: it is the first one,
/// $7: when it is to become current.
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

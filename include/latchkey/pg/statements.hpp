#pragma once
// All query text of the look-up and write paths, by name. The names are metric labels and the names
// of prepared statements.

#include <string_view>

namespace latchkey::pg {

struct statement {
    const char* name;
    const char* text;
    int parameters;
};

namespace statements {

/// What every session sets (consistency.md): a role under row-level security must get an error
/// and not "no rows"; an abandoned backend must notice. $1: statement_timeout in milliseconds.
inline constexpr statement session_settings{
    "session_settings",
    "select set_config('row_security', 'off', false),"
    " set_config('default_transaction_isolation', 'read committed', false),"
    " set_config('statement_timeout', $1, false),"
    " set_config('timezone', 'UTC', false),"
    " case when current_setting('server_version_num')::int >= 140000"
    " then set_config('client_connection_check_interval', '1s', false) end",
    1};

inline constexpr statement applied_migrations{
    "applied_migrations",
    "select version::int4, name::text, checksum::text from latchkey.schema_migrations"
    " order by version",
    0};

/// $1: bytea[]. An organization that is gone counts as disabled.
inline constexpr statement find_api_keys{
    "find_api_keys",
    "select k.key_hash, k.key_id, k.organization_id::text, k.name, k.external_id, k.scopes,"
    " k.metadata::text, k.expires_at, k.enabled, k.revoked_at is not null,"
    " coalesce(o.status = 'active', false), k.allowed_networks::text[]"
    " from latchkey.api_keys k"
    " left join public.organizations o on o.organization_id = k.organization_id"
    " where k.key_hash = any($1::bytea[])",
    1};

/// The identifier's type is the column's, text or uuid: parameters without a cast take it.
inline constexpr statement create_organization{
    "create_organization",
    "insert into public.organizations (organization_id, name) values ($1, $2)"
    " returning organization_id::text, name::text, status::text, now()",
    2};

/// No row: there is no such organization.
inline constexpr statement create_api_key{
    "create_api_key",
    "insert into latchkey.api_keys (key_hash, key_id, organization_id, name, external_id, scopes,"
    " metadata, allowed_networks, expires_at)"
    " select $1::bytea, $2::text, o.organization_id, $4::text, $5::text, $6::text[], $7::jsonb,"
    " $8::inet[], $9::timestamptz"
    " from public.organizations o where o.organization_id = $3"
    " returning created_at",
    9};

} // namespace statements

} // namespace latchkey::pg

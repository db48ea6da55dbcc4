#pragma once
// Query text about keys that come from elsewhere, or go there.

#include "pg/connection/statement.hpp"

namespace latchkey::pg::statements {

/// $1: a JSON array (latchkey.import_api_keys says of what); $2: whether nothing is to be stored.
/// Columns: item, what became of it, key_id.
inline constexpr statement import_api_keys{
    "import_api_keys",
    "select of_item, became, named from latchkey.import_api_keys($1::jsonb, $2::boolean)", 2};

/// $1: an organization, or NULL; $2: the last key_id of the page before, or NULL; $3: how many at
/// most. A key that its array may bring back has no reason of its own.
inline constexpr statement export_api_keys{
    "export_api_keys",
    "select k.key_hash, k.key_id, k.hint, k.organization_id::text, k.name, k.external_id, k.scopes,"
    " k.metadata::text, k.allowed_networks::text[], k.enabled, k.expires_at, k.revoked_at,"
    " nullif(k.revoked_reason, 'removed from organizations.api_keys'), k.rate_limit_quantity,"
    " k.rate_limit_window_s, k.rate_limit_burst, k.created_at, k.rate_limit_scope"
    " from latchkey.api_keys k"
    " where ($1::text is null or k.organization_id::text = $1::text)"
    " and k.key_id > coalesce($2::text, '') order by k.key_id limit $3::int8",
    3};

/// As export_api_keys; $4: whether nothing is to be changed. Columns: key_id, key_hash (NULL: a
/// writer has it), lost scopes, whether a writer has it.
inline constexpr statement adopt_api_keys{
    "adopt_api_keys",
    "select named, of_hash, stripped, is_busy"
    " from latchkey.adopt_api_keys($1::text, $2::text, $3::integer, $4::boolean)",
    4};

} // namespace latchkey::pg::statements

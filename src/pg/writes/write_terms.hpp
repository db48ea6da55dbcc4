#pragma once
// What the transaction of an operator's write knows besides its statement.

#include "pg/connection/statement.hpp"

#include <string_view>

namespace latchkey::pg::statements {

/// $1 = who asks (operator_request::actor), $2 = its request id. Answers with the transaction's id.
/// The commit waits for no standby: it would be invisible meanwhile, and nobody would obey it.
inline constexpr statement write_terms{
    "write_terms",
    "select pg_catalog.pg_current_xact_id()::text from (select"
    " pg_catalog.set_config('latchkey.actor', pg_catalog.convert_from($1::bytea, 'UTF8'), true),"
    " pg_catalog.set_config('latchkey.request_id', pg_catalog.convert_from($2::bytea, 'UTF8'),"
    " true), pg_catalog.set_config('synchronous_commit', 'local', true)) as terms",
    2};

/// The same with a claim: $3: its id, $4: what was asked for, $5: the status, $6: the ids.
inline constexpr statement write_terms_with_claim{
    "write_terms_with_claim",
    "select pg_catalog.pg_current_xact_id()::text from (select"
    " pg_catalog.set_config('latchkey.actor', pg_catalog.convert_from($1::bytea, 'UTF8'), true),"
    " pg_catalog.set_config('latchkey.request_id', pg_catalog.convert_from($2::bytea, 'UTF8'),"
    " true), pg_catalog.set_config('synchronous_commit', 'local', true),"
    " latchkey.claim_idempotency_key($3::bytea, $4::bytea,"
    " pg_catalog.convert_from($2::bytea, 'UTF8'), $5::int4,"
    " pg_catalog.convert_from($6::bytea, 'UTF8'))) as terms",
    6};
/// The claim's key was used, or another request that has claimed it is under way.
inline constexpr std::string_view claim_refused = "LK409";

} // namespace latchkey::pg::statements

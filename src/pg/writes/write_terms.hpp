#pragma once
// What the transaction of an operator's write knows besides its statement.

#include "pg/connection/statement.hpp"

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

} // namespace latchkey::pg::statements

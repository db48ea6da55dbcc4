#pragma once
// The connection of a command: its calls wait for the database.

#include "pg/connection/blocking.hpp"

#include <latchkey/core/result.hpp>
#include <latchkey/pg/configuration.hpp>

#include <chrono>

namespace latchkey::pg {

/// Connected, and set up: what a migration's names mean and how text and times are read depends on
/// nothing that a role, a database or the client's environment has set. `application`: what the
/// database's lists of sessions show.
core::result<connection_ptr> connect_and_wait(const configuration&, const char* application);

/// The last result of these statements, when it comes within the time. Null: it has not, or the
/// connection broke, which is then of no use any more. A pooler may have nobody who would answer.
result_ptr answer_within(PGconn&, const char* sql, std::chrono::milliseconds);

/// What a transaction begins with, so that it holds behind a pooler too: names mean what
/// PostgreSQL's own catalogue says, and nothing in a schema that others may write.
inline constexpr const char* begin_transaction =
    "begin; set local search_path = pg_catalog, pg_temp";

/// The failure of what was asked last.
core::failure failure_of(PGconn&);

} // namespace latchkey::pg

#pragma once
// A command's connection: its calls wait for the database.

#include "pg/connection/blocking.hpp"

#include <latchkey/core/result.hpp>
#include <latchkey/pg/configuration.hpp>

#include <chrono>

namespace latchkey::pg {

/// Connects and sets up the session, so that the meaning of names and the reading of text and times
/// do not depend on the settings of a role, a database or the client's environment. `application`
/// is the name that the database's lists of sessions show.
core::result<connection_ptr> connect_and_wait(const configuration&, const char* application);

/// Returns the last result of these statements. Returns null if it does not come within the time,
/// as behind a pooler without a free server, or if the connection broke; then the connection must
/// not be used any more.
result_ptr answer_within(PGconn&, const char* sql, std::chrono::milliseconds);

/// Begins a transaction so that names have the meaning of PostgreSQL's own catalogue behind a
/// pooler too, and never that of a schema that others may write to.
inline constexpr const char* begin_transaction =
    "begin; set local search_path = pg_catalog, pg_temp";

/// Returns the failure of the last request.
core::failure failure_of(PGconn&);

} // namespace latchkey::pg

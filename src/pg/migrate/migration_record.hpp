#pragma once
// The database's record of its migrations: those applied, and the steps done of the one that is
// under way.

#include "pg/connection/watched_session.hpp"
#include "pg/migrate/migration_steps.hpp"

#include <set>
#include <vector>

namespace latchkey::pg {

/// Makes the tables if they are missing, and returns the migrations that are applied.
core::result<std::vector<applied_migration>> read_applied(watched_session&);

/// Returns the steps of this migration that are done. Fails with `conflict` if they were done with
/// another text.
core::result<std::set<std::size_t>> read_done_steps(watched_session&, const migration&);
/// The same of a table that is there; makes nothing.
core::result<std::set<std::size_t>> list_done_steps(watched_session&, const migration&);

/// Records that a step is done or, with the last one, that the migration is. Must run in a
/// transaction.
boost::system::result<result_ptr, statement_failure> note_step(watched_session&, const migration&,
                                                               std::size_t step, bool is_last);

/// Says who may do it, if this session may not use the schema.
core::failure with_owner(watched_session&, core::failure);

/// Deletes the record of steps: no migration is under way any more.
core::result<void> forget_steps(watched_session&);

} // namespace latchkey::pg

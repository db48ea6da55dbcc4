#pragma once
// What the database knows of its migrations: those that are applied, and of the one that is under
// way the steps that are done.

#include "pg/connection/watched_session.hpp"
#include "pg/migrate/migration_steps.hpp"

#include <set>
#include <vector>

namespace latchkey::pg {

/// Makes the tables, where they are missing, and reads what is applied.
core::result<std::vector<applied_migration>> read_applied(watched_session&);

/// The steps of this migration that are done. Fails with `conflict` when they are of another text.
core::result<std::set<std::size_t>> read_done_steps(watched_session&, const migration&);

/// Notes that a step is done, or, by the last one, that the migration is. In a transaction.
boost::system::result<result_ptr, statement_failure> note_step(watched_session&, const migration&,
                                                               std::size_t step, bool is_last);

/// Nothing is under way any more.
core::result<void> forget_steps(watched_session&);

} // namespace latchkey::pg

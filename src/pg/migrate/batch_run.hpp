#pragma once
// Runs a migration step in batches: each is a transaction of its own, so small that nobody waits
// for it.

#include "pg/migrate/migration_steps.hpp"
#include "pg/migrate/step_runner.hpp"

namespace latchkey::pg {

/// Runs batches until none is left. `what` is shown beside the progress and in a failure.
core::result<void> run_batches(step_runner&, const std::string& what, const migration_step&,
                               const std::function<void(const migration_progress&)>& show);

} // namespace latchkey::pg

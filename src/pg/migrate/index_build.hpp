#pragma once
// Builds indexes while their table is read and written.

#include "pg/migrate/migration_steps.hpp"
#include "pg/migrate/step_runner.hpp"

namespace latchkey::pg {

/// Afterwards the index exists and is valid. A valid index of that name is left as it is; an
/// INVALID one, which an interrupted attempt left behind, is dropped and built again. On a
/// partitioned table, each partition gets its own index; then they are attached.
core::result<void> build_index(step_runner&, const std::string& what, const index_definition&);

} // namespace latchkey::pg

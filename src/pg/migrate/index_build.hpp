#pragma once
// Indexes, built while the table is read and written.

#include "pg/migrate/migration_steps.hpp"
#include "pg/migrate/step_runner.hpp"

namespace latchkey::pg {

/// Afterwards the index is there and valid. A valid one of that name is left as it is; an INVALID
/// one, which an attempt that was ended has left behind, is dropped and built again. Of a
/// partitioned table, each partition gets its own, and then they are attached.
core::result<void> build_index(step_runner&, const std::string& what, const index_definition&);

} // namespace latchkey::pg

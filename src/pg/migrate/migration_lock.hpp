#pragma once

#include "pg/connection/watched_session.hpp"

namespace latchkey::pg {

/// One migrator at a time in a database: waits until no other is at work, and says so. It asks now
/// and then; a statement that waited would hold a snapshot, which the other's indexes wait for. The
/// lock is the session's, and goes with it.
core::result<void> take_migration_lock(watched_session&,
                                       const std::function<void(std::string_view)>& say);

} // namespace latchkey::pg

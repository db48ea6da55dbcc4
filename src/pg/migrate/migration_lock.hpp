#pragma once

#include "pg/connection/watched_session.hpp"

namespace latchkey::pg {

/// Waits until no other migrator is at work in this database, says so, and takes the lock. It
/// polls, since a statement that waited would hold a snapshot, which the other's indexes wait for.
/// The lock is the session's and ends with it.
core::result<void> take_migration_lock(watched_session&,
                                       const std::function<void(std::string_view)>& say);

} // namespace latchkey::pg

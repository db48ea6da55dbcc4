#pragma once
// Whether a command's session is one at all. Behind a pooler in transaction mode each transaction
// may be another backend's: a session's lock then stays with somebody else, and its settings do not
// hold.

#include "pg/connection/blocking_connection.hpp"

namespace latchkey::pg {

/// Fails when the connection goes through a pooler in transaction mode, or when a pooler has no
/// second connection to give within seconds. Asks nothing more where no pooler is between.
core::result<void> require_session(const configuration&, PGconn&);

} // namespace latchkey::pg

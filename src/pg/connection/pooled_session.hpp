#pragma once
// Checks that a command's session stays the same. Behind a pooler in transaction mode each
// transaction may run in another backend: a session's lock then stays with another client, and its
// settings do not hold.

#include "pg/connection/blocking_connection.hpp"

namespace latchkey::pg {

/// Fails if the connection goes through a pooler in transaction mode, or if a pooler gives no
/// second connection within seconds. Makes no second connection if there is no pooler.
core::result<void> require_session(const configuration&, PGconn&);

} // namespace latchkey::pg

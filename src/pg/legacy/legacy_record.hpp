#pragma once
// Which names the database's migrations were applied with. Blocking calls, but for reading what an
// answer says.

#include "pg/connection/watched_session.hpp"
#include "pg/legacy/legacy_shape.hpp"

struct pg_result; // libpq's PGresult

namespace latchkey::pg {

/// Of the answer to `read_legacy_names`. Nothing: there are not all of them.
std::optional<legacy_names> read_legacy_names(const pg_result&);

/// What the database has noted; before its first migration, what is configured and what there is.
/// Changes nothing. Fails with `invalid` where that is not clear, and where the configuration says
/// otherwise than what is noted.
core::result<legacy_names> decide_legacy_names(watched_session&, const legacy_names& configured);

/// Notes them. The table of migrations is there.
core::result<void> note_legacy_names(watched_session&, const legacy_names&);

} // namespace latchkey::pg

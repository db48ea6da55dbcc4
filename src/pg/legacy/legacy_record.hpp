#pragma once
// The names with which the database's migrations were applied. All calls block, except the one that
// decodes an answer.

#include "pg/connection/watched_session.hpp"
#include "pg/legacy/legacy_shape.hpp"

struct pg_result; // libpq's PGresult

namespace latchkey::pg {

/// Decodes the answer to `read_legacy_names`. Returns nullopt if a name is missing.
std::optional<legacy_names> read_legacy_names(const pg_result&);

/// Returns the recorded names; before the first migration, those of the configuration and of the
/// existing tables. Changes nothing. Fails with `invalid` if the names are not clear, or if the
/// configuration contradicts the record.
core::result<legacy_names> decide_legacy_names(watched_session&, const legacy_names& configured);

/// Records the names. The table of migrations must exist.
core::result<void> note_legacy_names(watched_session&, const legacy_names&);

} // namespace latchkey::pg

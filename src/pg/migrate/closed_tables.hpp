#pragma once
// Closes tables that migrations make in schema public to PostgREST, which publishes that schema:
// its roles, if they exist, get no rights on such tables.

#include "pg/connection/blocking.hpp"

#include <latchkey/core/result.hpp>
#include <latchkey/pg/legacy/legacy_names.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::pg {

/// Returns the old service's tables that do not exist: a step that makes one must close it.
core::result<std::vector<std::string>> absent_tables(PGconn&, const legacy_names&);

/// Closes those of `absent` that exist now, in the transaction that made them. Does nothing if none
/// of PostgREST's roles exists. Otherwise takes rights from them and from PUBLIC, and turns
/// row-level security on, with a policy for the other roles that have rights. `say` gets one line
/// for each table that was closed.
core::result<void> close_tables(PGconn&, const legacy_names&,
                                const std::vector<std::string>& absent,
                                const std::function<void(std::string_view)>& say);

} // namespace latchkey::pg

#pragma once
// Tables that migrations make in schema public, and PostgREST, which publishes that schema: where
// its roles exist, they get no rights on such tables.

#include "pg/connection/blocking.hpp"

#include <latchkey/core/result.hpp>
#include <latchkey/pg/legacy/legacy_names.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::pg {

/// The old service's tables that are not there: a step that makes one has to close it.
core::result<std::vector<std::string>> absent_tables(PGconn&, const legacy_names&);

/// Closes those of `absent` that are there, in the transaction that made them. Where none of
/// PostgREST's roles exists nothing is done; else rights of theirs and of PUBLIC are taken away,
/// and row-level security is on, with a policy for the other roles that have rights. `say` gets a
/// line for each table that was closed.
core::result<void> close_tables(PGconn&, const legacy_names&,
                                const std::vector<std::string>& absent,
                                const std::function<void(std::string_view)>& say);

} // namespace latchkey::pg

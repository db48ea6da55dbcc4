#pragma once
// What a fail-over or a restore had lost, and a node has written back (schema/0023). For commands:
// the calls wait for the database.

#include <latchkey/core/result.hpp>
#include <latchkey/pg/configuration.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::pg {

/// Returns a JSON object for each: kind, issuer (null but for tokens and subjects), id, revoked_at,
/// reasserted_at, reasserted_by.
core::result<std::vector<std::string>> list_holds(const configuration&);

/// Ends one hold, of an `api_key`, a `device` or an `organization`: its own row counts again.
/// Fails with `not_found` if there is none.
core::result<void> lift_hold(const configuration&, std::string_view kind, std::string_view id);

/// The database counts as it is: nodes forget what it does not know. Returns how many holds of this
/// database ended.
core::result<std::int64_t> accept_database(const configuration&);

} // namespace latchkey::pg

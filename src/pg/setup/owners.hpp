#pragma once
// Whose code would run in the server's database. A superuser's session stays one whatever role it
// acts as: functions and triggers that somebody else owns could take his rights back.

#include "pg/connection/blocking.hpp"

#include <latchkey/core/result.hpp>
#include <latchkey/pg/legacy/legacy_names.hpp>

#include <string>

namespace latchkey::pg {

/// Returns what a superuser must not touch in the database of this session, and whose it is: "table
/// public.organizations, which app owns". Empty: nothing, or the session is no superuser's. Trusted
/// are superusers, and `owner` while nobody can log in as it or act as it. Asks the catalogue
/// alone. Blocks.
core::result<std::string> untrusted_owner(PGconn&, const std::string& owner,
                                          const legacy_names& configured);

} // namespace latchkey::pg

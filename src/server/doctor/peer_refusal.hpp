#pragma once

#include <string>
#include <string_view>

namespace latchkey::server {

/// Whether PostgreSQL refused because a user of this machine asked for a role of another name (peer
/// authentication). `why` is libpq's message, in any language of the server.
bool is_peer_refusal(std::string_view why);

/// Which command an administrator runs instead of `latchkey doctor`.
inline constexpr const char* doctor_as_service =
    "PostgreSQL takes a user of this machine for the role of that name alone: ask as the service, "
    "while it runs (runuser -u latchkey -- latchkey doctor)";
/// The same for `latchkey migrate`.
inline constexpr const char* migrate_by_setup =
    "PostgreSQL takes a user of this machine for the role of that name alone: latchkey setup "
    "schema "
    "migrates as the user postgres, and --dry-run shows the plan; or run this as the user whose "
    "role "
    "owns the schema";

} // namespace latchkey::server

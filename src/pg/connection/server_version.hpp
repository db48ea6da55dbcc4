#pragma once
// The versions of PostgreSQL that Latchkey works with: 14 to 18 are tested.

#include <optional>
#include <string>

namespace latchkey::pg {

inline constexpr int oldest_server_version = 140000;

/// Returns why a server of this version is not used; nullopt if it is. The version is as libpq
/// gives it: 150004 is 15.4; 0 is unknown, and accepted.
inline std::optional<std::string> server_too_old(int version) {
    if (version == 0 || version >= oldest_server_version) return std::nullopt;
    return "the server is PostgreSQL " + std::to_string(version / 10000) +
           ", and Latchkey needs 14 or later: upgrade it";
}

} // namespace latchkey::pg

#pragma once

#include "server/setup/setup_terms.hpp"

#include <latchkey/core/result.hpp>

#include <string>
#include <vector>

namespace latchkey::server {

/// Returns the ids of the key-encryption keys by which the database's signing keys are sealed; none
/// while there is no database or no schema. Asks as the administrator; of a database elsewhere
/// without --admin-uri, as the server's role.
core::result<std::vector<std::string>> sealing_keys_of(const setup_terms&);

} // namespace latchkey::server

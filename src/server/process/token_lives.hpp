#pragma once

#include "server/process/issuers.hpp"
#include "server/settings/configuration.hpp"

#include <latchkey/auth/token/token_lives.hpp>

namespace latchkey::server {

/// Returns how long after a revocation an older token may be good at most. That includes tokens
/// issued by a node that did not know of the revocation yet.
auth::token_lives lives_of(const configuration&, const loaded_issuers&);

} // namespace latchkey::server

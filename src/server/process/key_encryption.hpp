#pragma once

#include "server/settings/secret_file.hpp"

#include <latchkey/auth/configuration.hpp>
#include <latchkey/auth/token/own_signing_keys.hpp>
#include <latchkey/core/result.hpp>

#include <vector>

namespace latchkey::server {

/// The key of tokens.key_encryption_key_file; where that is not set, why there is none. Appends to
/// `exposed` when every user may open the file. Blocks: reads the file. Fails (`invalid`) with a
/// sentence when the file is no good.
core::result<auth::key_encryption_key> read_key_encryption_key(const auth::token_configuration&,
                                                               std::vector<exposed_file>& exposed);

} // namespace latchkey::server

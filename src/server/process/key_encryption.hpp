#pragma once

#include "server/settings/secret_file.hpp"

#include <latchkey/auth/configuration.hpp>
#include <latchkey/auth/token/own_signing_keys.hpp>
#include <latchkey/core/result.hpp>

#include <vector>

namespace latchkey::server {

/// Returns the key of tokens.key_encryption_key_file, or the reason why there is none if that is
/// not set. Appends to `exposed` if every user may open the file. Blocks: it reads the file. Fails
/// (`invalid`) with a sentence if the file cannot be used.
core::result<auth::key_encryption_key> read_key_encryption_key(const auth::token_configuration&,
                                                               std::vector<exposed_file>& exposed);

} // namespace latchkey::server

#pragma once
// The configuration with what its files hold: all that can be wrong before a start or a reload.

#include "server/process/issuers.hpp"
#include "server/process/tls_files.hpp"
#include "server/settings/configuration.hpp"

#include <latchkey/auth/token/own_signing_keys.hpp>

#include <functional>

namespace latchkey::server {

struct loaded_configuration {
    configuration settings;
    loaded_issuers issuers;
    auth::key_encryption_key kek; ///< or why there is none
    loaded_tls tls;
    std::vector<exposed_file> exposed; ///< of all the files that hold secrets
};

/// Reads the files that the configuration names. Blocks. Fails with a sentence that names the key
/// or the issuer, the file, and the cause.
core::result<loaded_configuration> load_files(configuration);

/// Reads everything anew. Blocks; called on any thread.
using configuration_reader = std::function<core::result<loaded_configuration>()>;

} // namespace latchkey::server

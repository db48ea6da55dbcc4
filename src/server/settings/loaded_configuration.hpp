#pragma once
// The configuration with the content of its files: everything that is checked before a start or a
// reload.

#include "server/process/issuers.hpp"
#include "server/process/tls_files.hpp"
#include "server/settings/configuration.hpp"

#include <latchkey/auth/token/own_signing_keys.hpp>

#include <functional>

namespace latchkey::server {

struct loaded_configuration {
    configuration settings;
    loaded_issuers issuers;
    auth::key_encryption_key kek; ///< the key, or the reason why there is none
    loaded_tls tls;
    std::vector<exposed_file> exposed; ///< among all files that hold secrets
};

/// Reads the files that the configuration names. Blocks. A failure's sentence names the setting or
/// the issuer, the file, and the cause.
core::result<loaded_configuration> load_files(configuration);

/// Reads everything again. Blocks; may be called on any thread.
using configuration_reader = std::function<core::result<loaded_configuration>()>;

} // namespace latchkey::server

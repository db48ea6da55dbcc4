#pragma once
// The issuers of the configuration: their rules, the keys that their files hold, and where others
// are fetched.

#include "server/settings/configuration.hpp"
#include "server/settings/secret_file.hpp"

#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/auth/issuer/make_issuer_rules.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/net/tls/tls_trust.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::server {

struct loaded_issuer {
    auth::issuer_rules rules;
    std::shared_ptr<const auth::key_ring> keys;   ///< of files
    auth::issuer_configuration texts;             ///< with the preset's
    std::optional<net::tls_trust> fetched_behind; ///< there, when keys are fetched
    bool file_is_without_keys = false;            ///< the set that is in a file
};

struct loaded_issuers {
    std::vector<loaded_issuer> all;
    std::vector<std::string> warnings; ///< keys that are no use, and why
    std::vector<exposed_file> exposed;
};

/// Blocks: reads the files. Fails with a sentence that names the issuer, the file and the cause.
core::result<loaded_issuers> load_issuers(const configuration&);

} // namespace latchkey::server

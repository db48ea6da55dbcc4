#pragma once
// Loads the issuers of the configuration: their rules, the keys from their files, and how other
// keys are fetched.

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
    std::shared_ptr<const auth::key_ring> keys;   ///< from files
    auth::issuer_configuration texts;             ///< with the values of the preset
    std::optional<net::tls_trust> fetched_behind; ///< set if keys are fetched
    bool file_is_without_keys = false;            ///< jwks_file holds an empty set
};

struct loaded_issuers {
    std::vector<loaded_issuer> all;
    std::vector<std::string> warnings; ///< keys that cannot be used, and why
    std::vector<exposed_file> exposed;
};

/// Blocks: it reads the files. Fails with a sentence that names the issuer, the file and the cause.
core::result<loaded_issuers> load_issuers(const configuration&);

} // namespace latchkey::server

#pragma once
// The issuers of the configuration with the keys that their files hold.

#include <latchkey/auth/issuer.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/server/configuration.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace latchkey::server {

struct loaded_issuers {
    std::shared_ptr<const auth::issuer_set> set;
    std::vector<std::string> warnings; ///< keys that are no use, and why
};

using issuer_reader = std::function<core::result<loaded_issuers>()>;

/// Blocks: reads the files. Fails with a sentence that names the issuer, the file and the cause.
core::result<loaded_issuers> load_issuers(const configuration&);

/// Reads [[issuers]] of the file again, and the files that they name.
issuer_reader issuers_of(std::optional<std::string> file);

} // namespace latchkey::server

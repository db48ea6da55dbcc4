#pragma once

#include <latchkey/auth/issuer.hpp>
#include <latchkey/core/result.hpp>

#include <string>
#include <string_view>

namespace latchkey::auth {

/// One [[issuers]] of the configuration: texts as they were given. Lists are between commas.
struct issuer_configuration {
    std::string issuer{};
    std::string jwks_file{};
    std::string secret_file{};
    std::string algorithms{}; ///< empty: the usual ones
    std::string audiences{};
    bool any_audience = false;
    std::string token_types = "JWT, at+jwt";
    std::string required_claims{};
    std::string organization_claim{};
    core::milliseconds leeway{30'000};
    core::milliseconds max_token_lifetime{86'400'000};
    bool missing_expiration = false;
    bool revocable = true;
};

/// "RS256, ES256"; empty or unknown names: false.
bool is_algorithm_list(std::string_view text);

/// The rules that the texts mean. Fails with a sentence that begins with the key at fault.
core::result<issuer_rules> make_rules(const issuer_configuration&);

/// Does the issuer sign with a secret that it shares with us?
bool is_symmetric(const issuer_rules&) noexcept;

} // namespace latchkey::auth

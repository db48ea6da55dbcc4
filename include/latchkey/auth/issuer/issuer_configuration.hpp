#pragma once

#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/core/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace latchkey::auth {

/// One [[issuers]] of the configuration: texts as they were given. Lists are between commas.
struct issuer_configuration {
    std::string issuer{};
    std::string preset{};  ///< empty, or "supabase"
    std::string project{}; ///< of the preset
    std::string jwks_url{};
    std::string jwks_file{};
    std::string secret_file{};
    std::string algorithms{}; ///< empty: the usual ones
    std::string audiences{};
    std::string audience_claims = "aud";
    bool any_audience = false;
    std::string token_types = "JWT, at+jwt";
    std::string required_claims{};
    bool integer_subject = false;
    std::string organization_claim{};
    std::string organizations{};
    bool strict_organizations = false;
    core::milliseconds leeway{30'000};
    core::milliseconds max_token_lifetime{86'400'000}; ///< max(): unbounded
    bool missing_expiration = false;
    bool missing_issued_at = false;
    bool revocable = true;
    // How the set at jwks_url is fetched.
    std::string ca_file{}; ///< empty: the system's
    bool allow_private_addresses = false;
    core::milliseconds jwks_refresh{600'000};
    core::milliseconds jwks_cooldown{30'000};
    core::milliseconds jwks_keep{86'400'000};
    core::milliseconds jwks_timeout{5'000};
    std::size_t jwks_bytes_max = 65536;

    friend bool operator==(const issuer_configuration&, const issuer_configuration&) = default;
};

/// "RS256, ES256"; empty or unknown names: false.
bool is_algorithm_list(std::string_view text);
/// "supabase", or nothing.
bool is_preset(std::string_view text);
/// The reference of a Supabase project, or nothing.
bool is_project(std::string_view text);

/// With what its preset says of everything that is not given. Fails with a sentence that begins
/// with the key at fault.
core::result<issuer_configuration> with_preset(issuer_configuration);

/// The rules that the texts mean, its preset's included. Fails as with_preset() does.
core::result<issuer_rules> make_rules(const issuer_configuration&);

/// Does the issuer sign with a secret that it shares with us?
bool is_symmetric(const issuer_rules&) noexcept;

} // namespace latchkey::auth

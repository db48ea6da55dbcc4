#pragma once
// Whose tokens are accepted, under which rules, and with which keys. Immutable snapshots: a change
// makes a new set, and every worker gets it.

#include <latchkey/core/clock.hpp>
#include <latchkey/crypto/jwk.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::auth {

/// What a token of one issuer must say. Strict unless a name with "any" or "missing" is set.
struct issuer_rules {
    std::string issuer; ///< `iss`, letter for letter
    std::vector<crypto::jws_algorithm> algorithms;
    std::vector<std::string> token_types; ///< of `typ`, as media_type() has them
    std::vector<std::string>
        audiences; ///< one of them must be in `aud`, unless the caller names one
    bool any_audience = false;
    bool missing_expiration = false; ///< a token without `exp` lives for max_token_lifetime
    std::vector<std::string> required_claims;
    std::string organization_claim;
    bool revocable = true; ///< false: its tokens are never looked up among the revocations
    core::seconds leeway{30};
    core::seconds max_token_lifetime{86400}; ///< after `iat`, whatever `exp` says
};

/// A `typ` as it is compared: in small letters, without "application/" (RFC 7515, section 4.1.9).
std::string media_type(std::string type);

/// The keys of one issuer.
class key_ring {
  public:
    key_ring() = default;
    explicit key_ring(std::vector<crypto::jwk> keys) : keys_(std::move(keys)) {}

    /// The key that the token means: the one with its key id; for a token without one, or keys
    /// without ids, the only one that is ready for the algorithm. Null: there is none, or it is not
    /// clear which.
    const crypto::jwk* find(const std::optional<std::string>& key_id,
                            crypto::jws_algorithm) const noexcept;
    /// Is the key that a proof names still here?
    bool has(std::string_view thumbprint, crypto::jws_algorithm) const noexcept;

  private:
    std::vector<crypto::jwk> keys_;
};

struct issuer {
    issuer_rules rules;
    std::shared_ptr<const key_ring> keys = std::make_shared<key_ring>();
};

class issuer_set {
  public:
    issuer_set() = default;
    explicit issuer_set(std::vector<issuer> all) : all_(std::move(all)) {}

    /// Null: nobody of that name is configured.
    const issuer* find(std::string_view name) const noexcept;
    bool empty() const noexcept { return all_.empty(); }

  private:
    std::vector<issuer> all_;
};

} // namespace latchkey::auth

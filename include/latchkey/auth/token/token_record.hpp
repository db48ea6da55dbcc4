#pragma once
// What a signature check proved about one token, ready to be judged and answered. Immutable.

#include <latchkey/auth/revocation/revocation_set.hpp>
#include <latchkey/auth/token/token_claims.hpp>
#include <latchkey/crypto/jws_algorithm.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace latchkey::auth {

/// The key that signed the token. The proof counts only while the set of issuers still has it.
struct token_proof {
    std::string key_thumbprint;
    crypto::jws_algorithm algorithm{};
    std::size_t reading = 0; ///< issuer_rules::reading of the rules that it was read under
};

class token_record {
  public:
    /// `claims_text` is the payload, as JSON. Serialises the answer once.
    token_record(token_claims, token_proof, const revocation_keys&, std::string_view claims_text);

    const token_claims& claims() const noexcept { return claims_; }
    const token_proof& proof() const noexcept { return proof_; }
    const revocation_keys& revocations() const noexcept { return revocations_; }

    /// The whole answer for a valid token, as compact JSON: `{"valid":true,"code":"VALID",
    /// "subject":…,"organization_id":…,"issuer":…,"audience":[…],"scopes":[…],"token_id":…,
    /// "issued_at":…,"expires_at":…,"claims":{…}}`. Unset members are null; times are RFC 3339 UTC;
    /// `expires_at` is when the token ends here.
    const std::string& answer() const noexcept { return answer_; }

    /// Its memory in bytes, itself included.
    std::size_t bytes() const noexcept;

  private:
    token_claims claims_;
    token_proof proof_;
    revocation_keys revocations_;
    std::string answer_;
};

/// The form in which the cache keeps it.
struct verified_fact {
    std::shared_ptr<const token_record> record;
    core::moment verified_at;
};

/// A token whose signature is good, but whose claims, read under the proof's rules, are not those
/// of a valid token.
struct unfit_token {
    std::string issuer;
    token_proof proof;
};

/// What one check proved, whether the token is good or not. It is no verdict: that depends on the
/// time, the request and the rules.
struct kept_proof {
    std::shared_ptr<const token_record> record; ///< null if it is `unfit`
    std::shared_ptr<const unfit_token> unfit{};
    core::moment verified_at;
    /// The token had not ended when it was checked. If this is false, memory may only refuse it: if
    /// the clock or the rules have changed so that it would be good, it is checked again.
    bool may_be_good = false;

    std::string_view issuer() const noexcept {
        return record ? record->claims().issuer : unfit->issuer;
    }
    const token_proof& proof() const noexcept { return record ? record->proof() : unfit->proof; }
    /// Its memory in bytes beyond the object itself.
    std::size_t extra_bytes() const noexcept;
};

} // namespace latchkey::auth

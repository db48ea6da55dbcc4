#pragma once
// Operators' revocations of tokens.

#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/auth/token/token_stores.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::auth {

/// Exactly one of `token_id`, `subject` and `organization_id` is set.
struct token_revocation_request {
    std::optional<std::string> issuer; ///< of a token or a subject; nullopt for our own tokens
    std::optional<std::string> token_id;
    std::optional<std::string> subject;
    std::optional<std::string> organization_id;
    /// If nullopt: for a token, any time of issue; otherwise now. Must not be later than now.
    std::optional<core::real_time> issued_before;
    std::optional<core::real_time> expires_at; ///< of the token itself
    std::optional<std::string> reason;
    bool force = false; ///< allows an issuer, an organization or a credential that is not known
};

/// The issuers whose tokens this process accepts. They are only read before the first wait.
struct accepted_issuers {
    const issuer_set& all;
    std::string_view own; ///< `iss` of our own tokens
};

/// Checks the input, stores the revocation, and ends once this process has applied it. An
/// organization is stored under the id that the database knows it by. The failure `invalid` names
/// the field, or says that the named one is not known. Control thread.
operation<stored_revocation> revoke_tokens(revocation_store&, change_sink&, accepted_issuers,
                                           token_revocation_request, core::real_time now,
                                           operator_request& by);

} // namespace latchkey::auth

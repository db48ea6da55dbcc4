#pragma once
// The operator's revocations of tokens.

#include <latchkey/auth/cache/change_applier.hpp>
#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/auth/token/token_stores.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::auth {

/// Exactly one of `token_id`, `subject` and `organization_id`.
struct token_revocation_request {
    std::optional<std::string> issuer; ///< of a token or a subject; none: our own tokens
    std::optional<std::string> token_id;
    std::optional<std::string> subject;
    std::optional<std::string> organization_id;
    std::optional<core::real_time>
        issued_before; ///< none: a token whenever issued, else now; never later
    std::optional<core::real_time> expires_at; ///< of the token itself
    std::optional<std::string> reason;
    bool force = false; ///< also of an issuer, an organization or a credential that nobody knows
};

/// Whose tokens this process accepts.
struct accepted_issuers {
    const issuer_set& all;
    std::string_view own; ///< our own tokens' `iss`
};

/// Checks the input, stores the revocation, of an organization by the id that the database knows it
/// by, and answers once this process obeys it. `invalid` names the field, or says that nobody of
/// that name is known. Control thread.
void revoke_tokens(revocation_store&, change_sink&, const accepted_issuers&,
                   token_revocation_request, core::real_time now,
                   revocation_store::completion<stored_revocation>);

} // namespace latchkey::auth

#pragma once
// The operator's revocations of tokens.

#include <latchkey/auth/change_applier.hpp>
#include <latchkey/auth/token_stores.hpp>

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
};

/// Checks the input, stores the revocation, of an organization by its canonical id, and answers
/// once this process obeys it. `invalid` names the field. `own_issuer`: our own tokens' `iss`.
/// Control thread.
void revoke_tokens(revocation_store&, change_sink&, std::string_view own_issuer,
                   token_revocation_request, core::real_time now,
                   revocation_store::completion<stored_revocation>);

} // namespace latchkey::auth

#pragma once
// Is there anybody of the name that an operator gives? What names nobody would revoke nothing, and
// look as if it had.

#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/auth/token/token_stores.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::auth {

// Each answers with a sentence that says what is wrong and what may have been meant, or nothing
// when a revocation of that name revokes something.

/// `own`: our own tokens' issuer, which counts whether its keys are known yet or not.
std::optional<std::string> complaint_about_issuer(const issuer_set& known, std::string_view own,
                                                  std::string_view given);
std::optional<std::string> complaint_about_organization(const name_lookup&, std::string_view given);
/// A subject of our own tokens.
std::optional<std::string> complaint_about_credential(const name_lookup&, std::string_view given);

} // namespace latchkey::auth

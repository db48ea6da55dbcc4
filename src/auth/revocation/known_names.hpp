#pragma once
// Is the name that an operator gives known? A revocation of an unknown name would revoke nothing,
// and seem to have succeeded.

#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/auth/token/token_stores.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::auth {

// Each returns a sentence that says what is wrong and which name may have been meant, or nullopt if
// a revocation of the name revokes something.

/// `own` is the issuer of our own tokens, which counts as known even before its keys are.
std::optional<std::string> complaint_about_issuer(const issuer_set& known, std::string_view own,
                                                  std::string_view given);
std::optional<std::string> complaint_about_organization(const name_lookup&, std::string_view given);
/// The name is a subject of our own tokens.
std::optional<std::string> complaint_about_credential(const name_lookup&, std::string_view given);

} // namespace latchkey::auth

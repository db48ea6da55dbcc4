#pragma once
// From the texts of one [[issuers]] table to the rules for the issuer's tokens. All functions are
// pure.

#include <latchkey/auth/configuration.hpp>
#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/core/result.hpp>

#include <string>
#include <string_view>

namespace latchkey::auth {

/// True for a list such as "RS256, ES256"; false if it is empty or has an unknown name.
bool is_algorithm_list(std::string_view text);
/// True for "supabase" and for an empty text.
bool is_preset(std::string_view text);
/// True for the reference of a Supabase project and for an empty text.
bool is_project(std::string_view text);

/// Fills in the preset's values for everything that is not given. Fails with a sentence that begins
/// with the wrong setting.
core::result<issuer_configuration> with_preset(issuer_configuration);

/// Makes the rules, including those of the preset. Fails as with_preset() does.
core::result<issuer_rules> make_rules(const issuer_configuration&);

/// True if the issuer signs with a secret that it shares with us.
bool is_symmetric(const issuer_rules&) noexcept;

} // namespace latchkey::auth

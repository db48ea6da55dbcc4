#pragma once

#include <latchkey/auth/configuration.hpp>
#include <latchkey/auth/issuer/issuer.hpp>
#include <latchkey/core/result.hpp>

#include <string>
#include <string_view>

namespace latchkey::auth {

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

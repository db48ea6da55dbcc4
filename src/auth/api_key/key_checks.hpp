#pragma once
// What a key may be made with and changed to, besides what checks.hpp says. Each returns a sentence
// that says what is wrong, or nullopt.

#include <latchkey/auth/input_bounds.hpp>
#include <latchkey/core/clock.hpp>

#include <optional>
#include <span>
#include <string>

namespace latchkey::auth {

/// Scopes, those of a caller among them.
std::optional<std::string> check_key_scopes(std::span<const std::string>);
std::optional<std::string> check_expires_in(core::seconds);

} // namespace latchkey::auth

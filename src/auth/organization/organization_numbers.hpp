#pragma once
// Numbers in the spellings that PostgreSQL accepts, brought to one spelling each.

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::auth {

/// Accepts what int8in of PostgreSQL 16, and therefore of every earlier version, accepts: white
/// space around, a sign, leading zeros, the bases 0x, 0o and 0b, single underscores between digits.
/// Returns nullopt for other texts.
std::optional<std::string> canonical_integer(std::string_view text);

/// Accepts what numeric_in accepts: the same, or a fraction and an exponent. Redundant zeros are
/// left out. Returns nullopt for texts that are no number, for numbers that are not finite, and for
/// those of more than a thousand digits.
std::optional<std::string> canonical_decimal(std::string_view text);

} // namespace latchkey::auth

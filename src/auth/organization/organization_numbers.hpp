#pragma once
// Numbers as PostgreSQL reads them, in one spelling each.

#include <optional>
#include <string>
#include <string_view>

namespace latchkey::auth {

/// As int8in of PostgreSQL 16 takes it, and so every earlier one: white space around, a sign, zeros
/// in front, the bases 0x, 0o and 0b, single underscores between digits. Nothing: it is no such
/// number.
std::optional<std::string> canonical_integer(std::string_view text);

/// As numeric_in takes it: the same, or a fraction and an exponent. Zeros that change nothing are
/// left out. Nothing: it is no number, not a finite one, or one of more than a thousand digits.
std::optional<std::string> canonical_decimal(std::string_view text);

} // namespace latchkey::auth

#pragma once
// Query text about the names of the older service's tables and columns.

#include "pg/connection/statement.hpp"

namespace latchkey::pg::statements {

/// The names recorded by `latchkey migrate`: the setting in section [database.legacy], and the
/// name.
inline constexpr statement read_legacy_names{
    "read_legacy_names", "select setting::text, taken::text from latchkey.legacy_names", 0};

} // namespace latchkey::pg::statements

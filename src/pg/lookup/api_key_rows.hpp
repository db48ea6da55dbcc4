#pragma once
// Decodes the rows of `find_api_keys`.

#include "pg/lookup/lookup_rows.hpp"

#include <latchkey/auth/api_key/api_key_record.hpp>

namespace latchkey::pg {

inline constexpr std::size_t api_key_columns = 16;

/// Returns nullopt if the row is malformed.
std::optional<auth::api_key_facts> decode_api_key_row(row_values);

} // namespace latchkey::pg

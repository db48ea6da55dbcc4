#pragma once
// Rows of `find_api_keys` into records, and records to those who asked.

#include <latchkey/auth/api_key_record.hpp>
#include <latchkey/auth/store.hpp>

#include <optional>
#include <span>
#include <string_view>

namespace latchkey::pg {

/// One row's values in the statement's order; an empty optional is NULL.
using row_values = std::span<const std::optional<std::string_view>>;
inline constexpr std::size_t api_key_columns = 12;

/// Nothing: the row is malformed.
std::optional<auth::api_key_facts> decode_api_key_row(row_values);

/// Orders look-ups for `settle`.
void sort_by_key(std::span<auth::api_key_lookup*>);
/// Gives the record to every look-up of its key. `sorted` by key. Answers with how many.
std::size_t settle(std::span<auth::api_key_lookup* const> sorted,
                   std::shared_ptr<const auth::api_key_record>);

} // namespace latchkey::pg

#pragma once
// Decodes the rows of `find_api_keys`.

#include "pg/lookup/lookup_rows.hpp"

#include <latchkey/auth/api_key/api_key_record.hpp>

namespace latchkey::pg {

inline constexpr std::size_t api_key_columns = 21;

/// A key, and the hash of its secret before the last rotation with the end of that.
struct api_key_row {
    struct previous_secret {
        core::fingerprint hash{};
        core::real_time until;
    };

    auth::api_key_facts facts;
    std::optional<previous_secret> previous;
};

/// Returns nullopt if the row is malformed.
std::optional<api_key_row> decode_api_key_row(row_values);

} // namespace latchkey::pg

#pragma once
// Decodes the rows of `find_devices`.

#include "pg/lookup/lookup_rows.hpp"

#include <latchkey/auth/device/device_record.hpp>

namespace latchkey::pg {

inline constexpr std::size_t device_columns = 13;

struct device_row {
    core::fingerprint key{}; ///< SHA-256 of the device's id
    auth::device_facts facts;
};

/// Returns nullopt if the row is malformed. A secret that cannot be read does not count as
/// malformed: it is decoded as unusable. `legacy` says how to read a bare secret.
std::optional<device_row> decode_device_row(row_values, auth::legacy_device_secret legacy);

} // namespace latchkey::pg

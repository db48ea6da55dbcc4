#pragma once
// Rows of `find_devices`.

#include "pg/lookup/lookup_rows.hpp"

#include <latchkey/auth/device/device_record.hpp>

namespace latchkey::pg {

inline constexpr std::size_t device_columns = 12;

struct device_row {
    core::fingerprint key{}; ///< the SHA-256 of the device's id
    auth::device_facts facts;
};

/// Nothing: the row is malformed. A secret that cannot be read is none of that: it is unusable.
/// `legacy`: what a bare secret is.
std::optional<device_row> decode_device_row(row_values, auth::legacy_device_secret legacy);

} // namespace latchkey::pg

#pragma once
// What look-ups of one kind are asked by, and how a row of the answer becomes a record.

#include "pg/lookup/lookup_rows.hpp"

#include <latchkey/auth/device/device_secret.hpp>
#include <latchkey/pg/lookup/statements.hpp>
#include <latchkey/pg/metrics.hpp>

#include <memory>

namespace latchkey::pg {

/// Lives on its pool's thread.
class row_reader {
  public:
    virtual ~row_reader() = default;
    /// $1: bytea[], the keys.
    virtual const statement& query() const noexcept = 0;
    virtual std::size_t columns() const noexcept = 0;
    /// False: the row is malformed, or nobody asked for it. `sorted` by key.
    virtual bool settle_row(row_values, std::span<auth::any_lookup* const> sorted) = 0;
};

std::unique_ptr<row_reader> make_api_key_reader();
/// Counts bare secrets.
std::unique_ptr<row_reader> make_device_reader(auth::legacy_device_secret, metrics&);

} // namespace latchkey::pg

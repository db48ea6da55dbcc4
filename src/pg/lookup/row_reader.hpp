#pragma once
// The query for look-ups of one kind, and how a row of its answer becomes a record.

#include "pg/connection/statement.hpp"
#include "pg/lookup/lookup_rows.hpp"

#include <latchkey/auth/device/device_secret.hpp>
#include <latchkey/pg/metrics.hpp>

#include <memory>

namespace latchkey::pg {

/// Lives on its pool's thread.
class row_reader {
  public:
    virtual ~row_reader() = default;
    /// $1: bytea[], the look-ups' keys (SHA-256).
    virtual const statement& query() const noexcept = 0;
    virtual std::size_t columns() const noexcept = 0;
    /// Returns false if the row is malformed or nobody asked for it. `sorted` must be sorted by
    /// key.
    virtual bool settle_row(row_values, std::span<auth::any_lookup* const> sorted) = 0;
};

std::unique_ptr<row_reader> make_api_key_reader();
/// Also counts bare secrets.
std::unique_ptr<row_reader> make_device_reader(auth::legacy_device_secret, metrics&);

} // namespace latchkey::pg

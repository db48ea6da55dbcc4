#pragma once
// Reads accounts of credits from rows.

#include "pg/writes/column_reader.hpp"

#include <latchkey/auth/credit/credit_account.hpp>

#include <optional>

namespace latchkey::pg {

/// The columns from kind on, of an account that may be missing.
inline std::optional<auth::credit_account> read_credits(column_reader& row) {
    const auto kind = row.text_or_null();
    const auto remaining = row.int8_or_null();
    const auto leased = row.int8_or_null();
    const auto unaccounted = row.int8_or_null();
    const auto spent = row.int8_or_null();
    const auto amount = row.int8_or_null();
    const auto every_s = row.int8_or_null();
    const auto refills_at = row.time_or_null();
    if (!kind) return std::nullopt;
    auth::credit_account out;
    out.is_of_owner = *kind == "owner";
    out.remaining = remaining.value_or(0);
    out.leased = leased.value_or(0);
    out.unaccounted = unaccounted.value_or(0);
    out.spent = spent.value_or(0);
    if (amount && every_s) out.refill = {*amount, core::seconds(*every_s)};
    out.refills_at = refills_at;
    return out;
}

} // namespace latchkey::pg

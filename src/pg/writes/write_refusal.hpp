#pragma once
// Tells which errors mean that nobody can write to the server.

#include <string_view>

namespace latchkey::pg {

/// Returns whether nobody can make changes: the database is read-only, or its disk is full or
/// broken. Missing rights of this role alone do not count.
constexpr bool nobody_can_write(std::string_view sqlstate) noexcept {
    return sqlstate == "25006"     // read_only_sql_transaction
           || sqlstate == "53100"  // disk_full
           || sqlstate == "58030"; // io_error
}

} // namespace latchkey::pg

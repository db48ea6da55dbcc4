#pragma once
// What the server says when it cannot be written to by anybody.

#include <string_view>

namespace latchkey::pg {

/// The database is read-only, its disk is full or broken: no change is made, by nobody. What may
/// not be written by this role alone is no such thing.
constexpr bool nobody_can_write(std::string_view sqlstate) noexcept {
    return sqlstate == "25006"     // read_only_sql_transaction
           || sqlstate == "53100"  // disk_full
           || sqlstate == "58030"; // io_error
}

} // namespace latchkey::pg

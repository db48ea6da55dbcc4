#pragma once

namespace latchkey::pg {

/// What is wrong with the database, told apart by what an operator does about it.
enum class database_problem {
    none,
    unusable,
    not_migrated,
    right_missing,
    uri_unusable, ///< a changed database.uri does not work; connections of before are used
};

/// What `uri_unusable` begins with; the reason follows.
inline constexpr char uri_unusable[] = "database.uri was changed, and does not work as it is: ";

} // namespace latchkey::pg

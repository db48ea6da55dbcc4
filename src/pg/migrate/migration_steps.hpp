#pragma once
// Splits a migration's text into its steps. Pure.
//
// A file without markers is one step in a transaction. Otherwise each step begins with a marker, on
// a line of its own, and ends before the next one:
//
//   -- step: NAME                          in a transaction of its own
//   -- step: NAME, outside a transaction   one CREATE INDEX CONCURRENTLY name ON schema.table …;
//   -- step: NAME, in batches              one SELECT, repeated, each time in a transaction
//
// Below the marker, and continued in lines that begin with "--" and three spaces, there may be
//
//   -- unless: SELECT …   for an index: returns whether there is one that will do
//   -- of: SELECT …       for batches: counts what must be done
//
// A batch gets the amount to do ($1, integer) and whether to wait for rows that others have locked
// ($2, boolean). It returns one row: how much of the count it has done, whether it made progress,
// and whether there is more.
//
// A step is done as a whole or not at all, and never twice; one outside a transaction checks itself
// how much of it exists. So after an interruption the migration continues where it ended.

#include <latchkey/pg/migrate/migrations.hpp>

#include <optional>
#include <string>
#include <vector>

namespace latchkey::pg {

enum class step_kind { transaction, index, batches };

struct migration_step {
    std::string name{}; ///< empty: the migration has only this step
    step_kind kind = step_kind::transaction;
    std::string sql{};
    std::string unless{}; ///< for an index; may be empty
    std::string of{};     ///< for batches; may be empty
};

/// The failure says what is wrong with the text.
core::result<std::vector<migration_step>> steps_of(const migration&);

/// "create index concurrently NAME on SCHEMA.TABLE REST"
struct index_definition {
    std::string name, schema, table;
    std::string rest; ///< "using gin (…)", "(…) where …"
    bool is_unique = false;
};

/// Returns nullopt if it is another statement, or more than one.
std::optional<index_definition> index_definition_of(const std::string& sql);

} // namespace latchkey::pg

#pragma once
// A migration's text as its steps. Pure.
//
// A file without markers is one step in a transaction. Otherwise each step begins with a line of
// its own, and ends before the next one:
//
//   -- step: NAME                          in a transaction of its own
//   -- step: NAME, outside a transaction   one CREATE INDEX CONCURRENTLY name ON schema.table …;
//   -- step: NAME, in batches              one SELECT, again and again, each in a transaction
//
// Below the marker, and going on in lines that begin with "--" and three spaces, may stand
//
//   -- unless: SELECT …   of an index: it answers whether there is one that will do
//   -- of: SELECT …       of batches: it counts what is to be done
//
// A batch gets how much to do ($1, integer) and whether to wait for what others have locked ($2,
// boolean). It answers with one row: how much of the count is done by it, whether it got anywhere,
// and whether there is more.
//
// A step is done as a whole or not at all, and is never done twice; one outside a transaction looks
// for itself what is there of it. So a migration that ends anywhere goes on from there.

#include <latchkey/pg/migrate/migrations.hpp>

#include <optional>
#include <string>
#include <vector>

namespace latchkey::pg {

enum class step_kind { transaction, index, batches };

struct migration_step {
    std::string name{}; ///< empty: the migration has this one alone
    step_kind kind = step_kind::transaction;
    std::string sql{};
    std::string unless{}; ///< of an index; may be empty
    std::string of{};     ///< of batches; may be empty
};

/// A failure says what is wrong with the text.
core::result<std::vector<migration_step>> steps_of(const migration&);

/// "create index concurrently NAME on SCHEMA.TABLE REST"
struct index_definition {
    std::string name, schema, table;
    std::string rest; ///< "using gin (…)", "(…) where …"
};

/// Nothing: it is another statement, or more than one.
std::optional<index_definition> index_definition_of(const std::string& sql);

} // namespace latchkey::pg

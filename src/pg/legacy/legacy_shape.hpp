#pragma once
// Decides which of the older service's tables and columns are which. Pure: it goes by the
// catalogue, and never guesses.

#include <latchkey/core/result.hpp>
#include <latchkey/pg/legacy/legacy_names.hpp>

#include <optional>
#include <string>
#include <vector>

namespace latchkey::pg {

struct legacy_column {
    std::string name;
    std::string type{};                 ///< "jsonb"; for a domain, its base type
    bool is_key = false;                ///< it alone is the primary key
    bool names_an_organization = false; ///< it alone is a foreign key to the organizations
};

/// nullopt: there is no such table, and a migration will make it with the chosen names.
using legacy_table = std::optional<std::vector<legacy_column>>;

/// Returns the configured names, and finds the others in the tables. Fails with `invalid` if
/// something is missing or ambiguous: the message names the table, what it has, and the setting.
core::result<legacy_names> find_legacy_names(const legacy_names& configured,
                                             const legacy_table& organizations,
                                             const legacy_table& devices);

/// Adds the schema to tables without one, so that equal tables have equal names. Empty names stay
/// empty.
legacy_names with_schemas(legacy_names);

/// Returns how the configuration contradicts the recorded names; nullopt if it does not.
std::optional<std::string> legacy_conflict(const legacy_names& configured,
                                           const legacy_names& noted);

/// Returns a sentence for each name that is not the usual one: "takes public.organizations.id as
/// the organizations' id".
std::vector<std::string> what_is_taken(const legacy_names&);

} // namespace latchkey::pg

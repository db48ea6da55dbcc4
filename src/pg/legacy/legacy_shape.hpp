#pragma once
// Which tables and columns of the older service's are which. Pure: it goes by what the catalogue
// says of them, and never guesses.

#include <latchkey/core/result.hpp>
#include <latchkey/pg/legacy/legacy_names.hpp>

#include <optional>
#include <string>
#include <vector>

namespace latchkey::pg {

struct legacy_column {
    std::string name;
    std::string type{};                 ///< "jsonb"; of a domain, what it is made of
    bool is_key = false;                ///< the primary key, by itself
    bool names_an_organization = false; ///< a foreign key, by itself, to the organizations
};

/// Nothing: there is no such table, and it will be made with the names that are taken.
using legacy_table = std::optional<std::vector<legacy_column>>;

/// What is configured, and for the rest what there is. Fails with `invalid` where something is
/// missing or there is more than one of it: the message names the table, what there is, and the key
/// to set.
core::result<legacy_names> find_legacy_names(const legacy_names& configured,
                                             const legacy_table& organizations,
                                             const legacy_table& devices);

/// Tables with their schemas: two ways to write the same are the same. What is empty stays so.
legacy_names with_schemas(legacy_names);

/// Why the configuration does not fit what the database has noted. Nothing: it does.
std::optional<std::string> legacy_conflict(const legacy_names& configured,
                                           const legacy_names& noted);

/// A sentence for each that is not the usual one: "takes public.organizations.id as the
/// organizations' id".
std::vector<std::string> what_is_taken(const legacy_names&);

} // namespace latchkey::pg

#pragma once
// What the older service calls its tables and columns. All query text and all migrations are
// written with the usual names, and say where one of them stands for what the database has:
//
//   public.organizations, public.device_credentials    the tables
//   "organization_id" "name" "api_keys" "status"       in double quotes: columns of organizations
//   DEVICE_ID DEVICE_SECRET ORGANIZATION_ID STATUS NAME    in capitals: columns of devices
//
// For PostgreSQL these are the usual names as well, and nowhere else are these words written so.
// Columns of Latchkey's own tables, and those that it adds to the old ones, are in small letters.
// A name as a value is (parse_ident('"organization_id"'))[1].

#include <array>
#include <map>
#include <string>
#include <string_view>

namespace latchkey::pg {

/// Section [database.legacy], where "" is what `latchkey migrate` finds; and what was found.
struct legacy_names {
    std::string organizations{}; ///< SCHEMA.TABLE; of public, TABLE will do
    std::string organization_id{};
    std::string organization_name{};
    std::string api_keys{};
    std::string organization_status{};
    std::string devices{};
    std::string device_id{};
    std::string device_secret{};
    std::string device_organization_id{};
    std::string device_status{};
    std::string device_name{};

    bool operator==(const legacy_names&) const = default;

    /// What the query text has.
    static legacy_names usual();

    /// The text with these names in place of the usual ones; of the usual ones, the text itself.
    /// None of them is empty.
    std::string apply(std::string_view sql) const;
};

/// One of them: its key in the section, and what it is of, in words.
struct legacy_name {
    std::string_view key;
    std::string legacy_names::*field;
    std::string_view usual;
    std::string_view what;
};
extern const std::array<legacy_name, 11> all_legacy_names;

/// "public" and "organizations" of "public.organizations".
struct table_name {
    std::string schema, table;
    /// As SQL has it, in double quotes.
    std::string quoted() const;
};
table_name table_name_of(std::string_view text);

/// Letters, digits, blanks, "_" and "-", and what is not ASCII: none of them means anything in a
/// text, a pattern or a format.
bool is_column_name(std::string_view);
/// One such name, or a schema and a table with a dot between them.
bool is_table_name(std::string_view);

/// The query text of one connection, expanded once. Lives on the connection's thread.
class legacy_texts {
  public:
    void set(legacy_names names);
    /// Costs nothing for the usual names. The text lives as long as this and the argument.
    const char* of(const char* text);

  private:
    bool usual_ = true;
    legacy_names names_ = legacy_names::usual();
    std::map<std::string, std::string, std::less<>> expanded_;
};

} // namespace latchkey::pg

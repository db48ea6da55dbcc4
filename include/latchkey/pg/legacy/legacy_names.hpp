#pragma once
// The names of the older service's tables and columns. All query text and all migrations use the
// usual names, and mark where one stands for the name that the database has:
//
//   public.organizations, public.device_credentials    the tables
//   "organization_id" "name" "api_keys" "status"       in double quotes: columns of organizations
//   DEVICE_ID DEVICE_SECRET ORGANIZATION_ID STATUS NAME    in capitals: columns of devices
//
// PostgreSQL reads these as the usual names too, and the words are spelled so nowhere else. Columns
// of Latchkey's own tables, and those that it adds to the old tables, are in small letters. To use
// a name as a value, write (parse_ident('"organization_id"'))[1].

#include <array>
#include <map>
#include <string>
#include <string_view>

namespace latchkey::pg {

/// Section [database.legacy], where "" means "let `latchkey migrate` find it"; also the names
/// found.
struct legacy_names {
    std::string organizations{}; ///< SCHEMA.TABLE; TABLE alone is enough in schema public
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

    /// The names that the query text uses.
    static legacy_names usual();

    /// Returns the text with these names in place of the usual ones; unchanged if these are the
    /// usual ones. None of the names may be empty.
    std::string apply(std::string_view sql) const;
};

/// One name: its setting in the section, and in words what it names.
struct legacy_name {
    std::string_view key;
    std::string legacy_names::*field;
    std::string_view usual;
    std::string_view what;
};
extern const std::array<legacy_name, 11> all_legacy_names;

/// "public.organizations" as schema "public" and table "organizations".
struct table_name {
    std::string schema, table;
    /// As SQL has it, in double quotes.
    std::string quoted() const;
};
table_name table_name_of(std::string_view text);

/// Returns whether the name has only letters, digits, blanks, "_", "-" and non-ASCII characters:
/// none of these has a meaning in an SQL text, a pattern or a format.
bool is_column_name(std::string_view);
/// Returns whether the text is one such name, or a schema and a table with a dot between them.
bool is_table_name(std::string_view);

/// The query texts of one connection, each expanded once. Lives on the connection's thread.
class legacy_texts {
  public:
    void set(legacy_names names);
    /// Costs nothing for the usual names. The text lives as long as this object and the argument.
    const char* of(const char* text);

  private:
    bool usual_ = true;
    legacy_names names_ = legacy_names::usual();
    std::map<std::string, std::string, std::less<>> expanded_;
};

} // namespace latchkey::pg

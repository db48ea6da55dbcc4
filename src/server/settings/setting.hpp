#pragma once
// The table of settings: the name of each, the values that it takes, its field in the structs, and
// its help. Settings are read, checked and written to the reference by this table.

#include "server/settings/configuration.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace latchkey::server {

enum class value_kind {
    flag,     ///< true or false
    count,    ///< an integer
    bytes,    ///< a size: "64KiB", or an integer of bytes
    duration, ///< "150ms"; held in milliseconds
    choice,   ///< one of a few names; held as its index
    text,
    secret, ///< a text that is never shown
};

/// The values that a setting takes. `min` and `max` bound counts, bytes and durations.
struct value_type {
    value_kind kind = value_kind::text;
    std::int64_t min = 0;
    std::int64_t max = 0;
    std::span<const std::string_view> choices{};
    bool (*well_formed)(std::string_view) = nullptr; ///< for texts
    std::string_view expected{};                     ///< for texts: describes a well-formed one
    std::string_view
        no_bound{}; ///< for durations: the word for "no bound" (the greatest number), if any
};

using plain_value = std::variant<bool, std::int64_t, std::string>;

/// Reads and writes the field of the structs that a setting is for.
struct field_access {
    plain_value (*get)(const configuration&);
    void (*set)(configuration&, plain_value);
};

struct setting {
    std::string_view name; ///< "section.name"
    value_type type;
    field_access field;
    std::string_view help;   ///< for the reference: lines separated by \n
    bool reloadable = false; ///< a reload applies it
};

/// Returns all settings in the order of the reference: those of a section stand together.
std::span<const setting> all_settings();

/// A table that may occur any number of times, in the file alone: [[issuers]].
struct repeated_table {
    std::string_view name;             ///< "issuers", "rate_limit.policies"
    std::span<const setting> settings; ///< their fields are those of the last table, or defaults
    void (*append)(configuration&);    ///< appends a table of defaults
    std::size_t (*count)(const configuration&);
    bool (*same)(const configuration&, const configuration&);   ///< compares all of them
    void (*take)(configuration& to, const configuration& from); ///< copies all of them
    std::string_view help;                                      ///< for the reference
    std::string_view example = {}; ///< a table with values, for the reference
};
/// Returns them in the order of the reference, each behind the section that its name begins with,
/// if any.
std::span<const repeated_table> repeated_tables();

/// Returns null if there is no such setting.
const setting* find_setting(std::string_view name);
const setting* find_setting(const repeated_table&, std::string_view name);
/// Returns null if there is no repeated table of this name.
const repeated_table* find_repeated(std::string_view name);

/// Returns "server" for "server.listen", "rate_limit.policies" for "rate_limit.policies.name".
std::string_view section_of(std::string_view setting_name);

/// Returns the environment variable of a setting: LATCHKEY_SERVER__LISTEN.
std::string variable_of(std::string_view setting_name);

/// The value that a source gave for a setting.
struct given_value {
    enum class form {
        bare, ///< from the environment or a flag: a text for any kind
        text,
        integer,
        boolean,
        other, ///< `text` says which, with its article: "an array"
    };
    form shape = form::bare;
    std::string text;
};

/// Checks the value and sets the setting's field. Returns nullopt, or a sentence that says what is
/// wrong and what is expected.
std::optional<std::string> assign(const setting&, const given_value&, configuration&);

/// Describes the expected value: "an integer from 1 to 10".
std::string expectation(const setting&);

/// Returns "1ms to 60s" or "true or false"; empty for texts.
std::string range_of(const setting&);

/// Returns the field's value as TOML. Must not be used to print secrets other than defaults.
std::string spell(const setting&, const configuration&);

} // namespace latchkey::server

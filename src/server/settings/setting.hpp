#pragma once
// The table of keys: what each is called, what it takes, where it lives in the structs. Reading,
// checking and the written reference all go by it.

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
    choice,   ///< one of a few names; held as its place among them
    text,
    secret, ///< a text that is never shown
};

/// What a key takes. `min` and `max` bound counts, bytes and durations.
struct value_type {
    value_kind kind = value_kind::text;
    std::int64_t min = 0;
    std::int64_t max = 0;
    std::span<const std::string_view> choices{};
    bool (*well_formed)(std::string_view) = nullptr; ///< of texts
    std::string_view expected{};                     ///< of texts: what is well formed
    std::string_view no_bound{}; ///< of durations: the word for the greatest number, if any
};

using plain_value = std::variant<bool, std::int64_t, std::string>;

/// The field of the structs that a key is for.
struct field_access {
    plain_value (*get)(const configuration&);
    void (*set)(configuration&, plain_value);
};

struct setting {
    std::string_view name; ///< "section.key"
    value_type type;
    field_access field;
    std::string_view help;   ///< for the reference: one or two lines
    bool reloadable = false; ///< obeyed without a restart
};

/// In the order of the reference: sections, and keys within a section, stand together.
std::span<const setting> all_settings();

/// A table that may stand any number of times, in the file alone: [[issuers]].
struct repeated_table {
    std::string_view name;          ///< "issuers", "rate_limit.policies"
    std::span<const setting> keys;  ///< their field is the last table's, or a default
    void (*append)(configuration&); ///< one more table, of defaults
    std::size_t (*count)(const configuration&);
    bool (*same)(const configuration&, const configuration&);   ///< all of them
    void (*take)(configuration& to, const configuration& from); ///< all of them
    std::string_view help;                                      ///< for the reference
    std::string_view example = {}; ///< one with values, for the reference
};
/// In the order of the reference, each behind the section that its name begins with, if any.
std::span<const repeated_table> repeated_tables();

/// Nothing: there is no such key.
const setting* find_setting(std::string_view name);
const setting* find_setting(const repeated_table&, std::string_view name);
/// Nothing: no table may be repeated under this name.
const repeated_table* find_repeated(std::string_view name);

/// "server" of "server.listen"; "rate_limit.policies" of "rate_limit.policies.name".
std::string_view section_of(std::string_view key_name);

/// The environment variable of a key: LATCHKEY_SERVER__LISTEN.
std::string variable_of(std::string_view key_name);

/// What a source gave for a key.
struct given_value {
    enum class form {
        bare, ///< of the environment or a flag: text of any kind
        text,
        integer,
        boolean,
        other, ///< `text` says what, with its article: "an array"
    };
    form shape = form::bare;
    std::string text;
};

/// Checks the value and sets the key's field, or says what is wrong and what is expected.
std::optional<std::string> assign(const setting&, const given_value&, configuration&);

/// "an integer from 1 to 10".
std::string expectation(const setting&);

/// "1ms to 60s", or "true or false"; empty for texts.
std::string range_of(const setting&);

/// The field's value as TOML. Not for printing secrets other than defaults.
std::string spell(const setting&, const configuration&);

} // namespace latchkey::server

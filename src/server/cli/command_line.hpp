#pragma once
// Words to a command and its options, by a table. Pure: nothing here reads files or runs anything.

#include <latchkey/core/result.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::server {

struct option {
    std::string_view name;       ///< without dashes
    std::string_view value_name; ///< "FILE"; empty: the option takes no value
    std::string_view help;
    bool required = false;
    bool repeatable = false;
};

class command_line;
struct command_context;

struct command {
    std::string_view name; ///< one or two words: "serve", "key create"
    std::string_view summary;
    std::span<const option> options{};
    int (*run)(const command_line&, command_context&) = nullptr; ///< answers with an exit code
    std::string_view argument{}; ///< "KEY_ID": one word that it needs; empty: options alone
};

class command_line {
  public:
    /// What to run; with `help` set, what to explain. Nothing: explain them all.
    const struct command* command = nullptr;
    bool help = false;
    std::optional<std::string> argument; ///< there, when the command needs one

    void add(std::string_view name, std::string_view value) { given_.emplace_back(name, value); }
    bool has(std::string_view name) const;
    /// The value of the option, where it was given.
    std::optional<std::string> get(std::string_view name) const;
    std::vector<std::string> all(std::string_view name) const;

  private:
    std::vector<std::pair<std::string, std::string>> given_;
};

/// `words` without the program's name: COMMAND [ARGUMENT | --option VALUE | --option=VALUE |
/// --flag]… A failure's sentence names what is wrong and the nearest known name.
core::result<command_line> parse_command_line(std::span<const std::string_view> words,
                                              std::span<const command> commands);

/// One line per command.
std::string overview_text(std::span<const command>);
/// Usage and options of one command.
std::string help_text(const command&);

/// "a,b" as {"a", "b"}. Empty items are refused, naming the option.
core::result<std::vector<std::string>> split_list(std::string_view option, std::string_view list);

} // namespace latchkey::server

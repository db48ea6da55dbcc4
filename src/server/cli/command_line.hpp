#pragma once
// Parses words as a command and its options, by a table of commands. Pure: nothing here reads files
// or runs anything.

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
    std::string_view values{}; ///< "active|disabled": the only values that it takes; empty: any
    char letter = 0;           ///< 'f': -f does the same
};

class command_line;
struct command_context;

struct command {
    std::string_view name; ///< one or two words: "serve", "key create"
    std::string_view summary;
    std::span<const option> options{};
    int (*run)(const command_line&, command_context&) = nullptr; ///< returns an exit code
    std::string_view argument{}; ///< "KEY_ID": a word that it needs; "[KEY_ID]": that it takes;
                                 ///< "bash|zsh": one of these; empty: options only
    std::string_view example{};  ///< a line for a shell, which a test runs
};

class command_line {
  public:
    /// The command to run, or to explain if `help` is set. Null: explain all.
    const struct command* command = nullptr;
    bool help = false;
    std::string group{};                 ///< "key": explain the commands that begin with this word
    std::optional<std::string> argument; ///< set if the command needs one

    void add(std::string_view name, std::string_view value) { given_.emplace_back(name, value); }
    bool has(std::string_view name) const;
    /// Returns the value of the option, or nullopt if it was not given.
    std::optional<std::string> get(std::string_view name) const;
    std::vector<std::string> all(std::string_view name) const;

  private:
    std::vector<std::pair<std::string, std::string>> given_;
};

/// Parses COMMAND [ARGUMENT | --option VALUE | --option=VALUE | --flag]…; `words` do not have the
/// program's name. A failure's sentence says what is wrong, with the nearest known name.
core::result<command_line> parse_command_line(std::span<const std::string_view> words,
                                              std::span<const command> commands);

/// Returns the options that a command takes: its own, and those that go with --socket.
std::vector<const option*> all_options(const command&);

/// Returns {"a", "b"} for "a|b".
std::vector<std::string_view> choices_of(std::string_view alternatives);

/// Returns one line for each command. `group`: of those that begin with this word; empty: of all.
std::string overview_text(std::span<const command>, std::string_view group = {});
/// Returns the usage and the options of one command.
std::string help_text(const command&);

/// Returns {"a", "b"} for "a,b". Fails if an item is empty; the sentence names the option.
core::result<std::vector<std::string>> split_list(std::string_view option, std::string_view list);

} // namespace latchkey::server

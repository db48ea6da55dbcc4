#include "server/cli/command_line.hpp"

#include <latchkey/core/text/nearest_name.hpp>

#include <algorithm>

namespace latchkey::server {

namespace {

using words_left = std::span<const std::string_view>;

core::failure usage(std::string message) {
    return {core::failure_kind::invalid, std::move(message)};
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> known) {
    const auto nearest = core::nearest_name(name, known);
    return nearest.empty() ? "" : "; did you mean \"" + std::string(nearest) + "\"?";
}

bool is_option(std::string_view word) {
    return word.size() > 1 && word.front() == '-';
}

// Takes the command's name off the front. A name of two words is tried before one of one word.
const command* take_command(words_left& words, std::span<const command> commands) {
    for (const std::size_t length : {2u, 1u}) {
        if (words.size() < length) continue;
        auto name = std::string(words[0]);
        if (length == 2) name += ' ' + std::string(words[1]);
        const auto found = std::ranges::find(commands, name, &command::name);
        if (found == commands.end()) continue;
        words = words.subspan(length);
        return &*found;
    }
    return nullptr;
}

core::failure unknown_command(words_left words, std::span<const command> commands) {
    const std::string first(words[0]);
    std::string of_group;
    std::vector<std::string_view> names;
    for (const auto& c : commands) {
        names.push_back(c.name);
        if (c.name.starts_with(first + ' ')) {
            if (!of_group.empty()) of_group += ", ";
            of_group += c.name;
        }
    }
    if (words.size() > 1 && !is_option(words[1])) {
        const auto both = first + ' ' + std::string(words[1]);
        const auto suggestion = did_you_mean(both, names);
        if (!of_group.empty() || !suggestion.empty())
            return usage("there is no command \"" + both + '"' +
                         (suggestion.empty() ? "; there is: " + of_group : suggestion));
    }
    if (!of_group.empty()) return usage('"' + first + "\" needs one word more: " + of_group);
    return usage("there is no command \"" + first + '"' + did_you_mean(first, names));
}

class option_reader {
  public:
    option_reader(const command& of, command_line& out) : command_(of), out_(out) {}

    /// Returns nullopt if all is well.
    std::optional<core::failure> read(words_left words) {
        while (!words.empty())
            if (auto wrong = read_one(words)) return wrong;
        if (out_.help) return std::nullopt;
        if (!command_.argument.empty() && !command_.argument.starts_with('[') && !out_.argument)
            return usage('"' + std::string(command_.name) + "\" needs " +
                         std::string(command_.argument));
        for (const auto& o : command_.options)
            if (o.required && !out_.has(o.name))
                return usage('"' + std::string(command_.name) + "\" needs --" +
                             std::string(o.name) + ' ' + std::string(o.value_name));
        return std::nullopt;
    }

  private:
    std::optional<core::failure> read_one(words_left& words) {
        const auto word = words.front();
        words = words.subspan(1);
        if (word == "--help" || word == "-h") {
            out_.help = true;
            return std::nullopt;
        }
        if (!is_option(word)) return read_argument(word);
        if (!word.starts_with("--") || word.size() < 3) return unexpected(word);
        const auto equals = word.find('=');
        const auto name = word.substr(2, equals == word.npos ? word.npos : equals - 2);
        const auto known = std::ranges::find(command_.options, name, &option::name);
        if (known == command_.options.end()) return unknown(name);
        if (!known->repeatable && out_.has(name)) return usage(dashed(name) + " is given twice");
        if (equals == word.npos) return read_value(*known, words);
        if (known->value_name.empty()) return usage(dashed(name) + " takes no value");
        out_.add(name, word.substr(equals + 1));
        return std::nullopt;
    }
    std::optional<core::failure> read_argument(std::string_view word) {
        if (command_.argument.empty() || out_.argument) return unexpected(word);
        if (word.empty())
            return usage(std::string(command_.argument) + " is empty: \"" +
                         std::string(command_.name) + "\" needs one");
        out_.argument = word;
        return std::nullopt;
    }
    core::failure unexpected(std::string_view word) const {
        const auto takes = command_.argument.empty()
                               ? "options alone"
                               : "one " + std::string(command_.argument) + " and options";
        return usage('"' + std::string(word) + "\" is not expected after \"" +
                     std::string(command_.name) + "\", which takes " + takes);
    }
    std::optional<core::failure> read_value(const option& known, words_left& words) {
        if (known.value_name.empty()) {
            out_.add(known.name, "");
            return std::nullopt;
        }
        if (words.empty() || words.front().starts_with("--"))
            return usage(dashed(known.name) + " needs a value: " + dashed(known.name) + ' ' +
                         std::string(known.value_name));
        out_.add(known.name, words.front());
        words = words.subspan(1);
        return std::nullopt;
    }
    core::failure unknown(std::string_view name) const {
        std::vector<std::string> dashed_names = {"--help"};
        for (const auto& o : command_.options)
            dashed_names.push_back(dashed(o.name));
        const std::vector<std::string_view> known(dashed_names.begin(), dashed_names.end());
        return usage('"' + std::string(command_.name) + "\" has no option " + dashed(name) +
                     did_you_mean(dashed(name), known));
    }
    static std::string dashed(std::string_view name) { return "--" + std::string(name); }

    const command& command_;
    command_line& out_;
};

core::result<command_line> parse_help(words_left words, std::span<const command> commands) {
    command_line out;
    out.help = true;
    if (words.empty()) return out;
    out.command = take_command(words, commands);
    if (!out.command) return unknown_command(words, commands);
    return out;
}

} // namespace

bool command_line::has(std::string_view name) const {
    return std::ranges::any_of(given_, [&](const auto& given) { return given.first == name; });
}

std::optional<std::string> command_line::get(std::string_view name) const {
    for (const auto& [given, value] : given_)
        if (given == name) return value;
    return std::nullopt;
}

std::vector<std::string> command_line::all(std::string_view name) const {
    std::vector<std::string> out;
    for (const auto& [given, value] : given_)
        if (given == name) out.push_back(value);
    return out;
}

core::result<command_line> parse_command_line(words_left words, std::span<const command> commands) {
    if (words.empty()) return usage("a command is missing");
    if (words[0] == "help" || words[0] == "--help" || words[0] == "-h")
        return parse_help(words.subspan(1), commands);
    if (is_option(words[0]))
        return usage("the command comes first, then its options: \"" + std::string(words[0]) +
                     "\" is no command");
    command_line out;
    out.command = take_command(words, commands);
    if (!out.command) return unknown_command(words, commands);
    if (auto wrong = option_reader(*out.command, out).read(words)) return std::move(*wrong);
    return out;
}

core::result<std::vector<std::string>> split_list(std::string_view option, std::string_view list) {
    std::vector<std::string> out;
    for (std::size_t begin = 0; begin <= list.size();) {
        const auto end = std::min(list.find(',', begin), list.size());
        out.emplace_back(list.substr(begin, end - begin));
        if (out.back().empty())
            return usage("--" + std::string(option) +
                         " has an empty item; expected names with commas between them: a,b");
        begin = end + 1;
    }
    return out;
}

} // namespace latchkey::server

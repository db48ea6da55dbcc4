#include "server/cli/command_line.hpp"

#include "server/cli/read_options.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

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

bool is_group(std::string_view word, std::span<const command> commands) {
    return std::ranges::any_of(commands, [&](const command& c) {
        return c.name.size() > word.size() && c.name.starts_with(word) &&
               c.name[word.size()] == ' ';
    });
}

std::string names_in(std::string_view group, std::span<const command> commands) {
    std::string out;
    for (const auto& c : commands) {
        if (!c.name.starts_with(std::string(group) + ' ')) continue;
        if (!out.empty()) out += ", ";
        out += c.name;
    }
    return out;
}

// The names of all commands, and the first words of those that have two.
std::vector<std::string_view> names_of(std::span<const command> commands) {
    std::vector<std::string_view> out;
    for (const auto& c : commands) {
        out.push_back(c.name);
        const auto group = c.name.substr(0, c.name.find(' '));
        if (std::ranges::find(out, group) == out.end()) out.push_back(group);
    }
    return out;
}

core::failure unknown_command(words_left words, std::span<const command> commands) {
    const std::string first(words[0]);
    const auto of_group = names_in(first, commands);
    const auto names = names_of(commands);
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

core::result<command_line> parse_help(words_left words, std::span<const command> commands) {
    command_line out;
    out.help = true;
    if (words.empty()) return out;
    if (words.size() == 1 && is_group(words[0], commands)) {
        out.group = words[0];
        return out;
    }
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
    if (words.size() == 2 && (words[1] == "--help" || words[1] == "-h") &&
        is_group(words[0], commands))
        return parse_help(words.first(1), commands);
    command_line out;
    out.command = take_command(words, commands);
    if (!out.command) return unknown_command(words, commands);
    if (auto wrong = read_options(*out.command, words, out)) return std::move(*wrong);
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

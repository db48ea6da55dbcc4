#include "server/cli/completion.hpp"

#include "server/cli/commands.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

// --- what the tables say -----------------------------------------------------------------------

struct group {
    std::string_view word; ///< the first word of a command
    std::string second{};  ///< the second words: "create list show"; empty: it has one word
};

std::vector<group> groups_of(std::span<const command> commands) {
    std::vector<group> out = {{"help"}};
    for (const auto& c : commands) {
        const auto space = c.name.find(' ');
        const auto word = c.name.substr(0, space);
        auto found = std::ranges::find(out, word, &group::word);
        if (found == out.end()) found = out.insert(out.end(), {word});
        if (space == c.name.npos) continue;
        if (!found->second.empty()) found->second += ' ';
        found->second += c.name.substr(space + 1);
    }
    return out;
}

std::string first_words(const std::vector<group>& groups) {
    std::string out;
    for (const auto& one : groups)
        out += (out.empty() ? "" : " ") + std::string(one.word);
    return out;
}

std::string options_of(const command& c) {
    std::string out;
    for (const auto* o : all_options(c))
        out += "--" + std::string(o->name) + ' ';
    return out + "--help";
}

std::string spaced(std::string_view alternatives) {
    std::string out(alternatives);
    std::ranges::replace(out, '|', ' ');
    return out;
}

// The words that an option's value may be; empty: any.
std::string values_of(const option& o) {
    if (!o.values.empty()) return spaced(o.values);
    return o.value_name.find('|') == o.value_name.npos ? "" : spaced(o.value_name);
}

bool is_file(std::string_view name) {
    return name == "FILE" || name == "PATH";
}

// The words that a command's argument may be; empty: any.
std::string arguments_of(const command& c) {
    std::string_view name = c.argument;
    if (name.starts_with('[')) name = name.substr(1, name.size() - 2);
    return name.find('|') == name.npos ? "" : spaced(name);
}

// "key create:--state" for a shell's case.
std::string pattern(const command& c, std::string_view option) {
    return "'" + std::string(c.name) + ":--" + std::string(option) + "'";
}

// --- parts that the two scripts share ----------------------------------------------------------
// Both are shell functions with `command` (one or two words), `before` (the word before the one to
// complete), and three results: `answers`, `files` (yes or empty), and `value` (yes: any value).

std::string second_words_case(const std::vector<group>& groups) {
    std::string out;
    for (const auto& one : groups)
        if (!one.second.empty())
            out += "        " + std::string(one.word) + ") answers='" + one.second + "' ;;\n";
    return out;
}

std::string values_case(std::span<const command> commands) {
    std::string out;
    for (const auto& c : commands)
        for (const auto* o : all_options(c)) {
            if (o->value_name.empty()) continue;
            const auto values = values_of(*o);
            out += "        " + pattern(c, o->name) + ") ";
            out += is_file(o->value_name) ? "files=yes"
                   : values.empty()       ? "value=yes"
                                          : "answers='" + values + "'";
            out += " ;;\n";
        }
    return out;
}

std::string options_case(std::span<const command> commands) {
    std::string out;
    for (const auto& c : commands) {
        out += "        '" + std::string(c.name) + "') options='" + options_of(c) + "'";
        const auto arguments = arguments_of(c);
        if (!arguments.empty()) out += "; answers='" + arguments + "'";
        if (is_file(c.argument)) out += "; files=yes";
        out += " ;;\n";
    }
    return out;
}

// The function that both shells run: it has only what both understand.
std::string shared_function(std::span<const command> commands) {
    const auto groups = groups_of(commands);
    std::string out =
        R"(# Sets answers, files and value. $1: how many words stand before the one to complete, $2 and $3:
# the first two of them, $4: the last of them, $5: the one to complete.
_latchkey_answers() {
    answers= files= value=
    local options= command=
    case "$1" in
    0) answers=')" +
        first_words(groups) + R"('; return ;;
    1)
        case "$2" in
        help) answers=')" +
        first_words(groups) + R"('; return ;;
)" + second_words_case(groups) +
        R"(        esac
        [ -z "$answers" ] || return 0 ;;
    2)
        if [ "$2" = help ]; then
            case "$3" in
)" + second_words_case(groups) +
        R"(            esac
            return
        fi ;;
    esac
    command="$2"
    case "$2" in
)";
    for (const auto& one : groups)
        if (!one.second.empty())
            out += "        " + std::string(one.word) + ") command=\"$2 $3\" ;;\n";
    out += R"(    esac
    case "$command:$4" in
)" + values_case(commands) +
           R"(    esac
    [ -z "$answers$files$value" ] || return 0
    case "$command" in
)" + options_case(commands) +
           R"(    esac
    case "$5" in
    -*) answers=$options files= ;;
    *) [ -n "$answers$files" ] || answers=$options ;;
    esac
}
)";
    return out;
}

} // namespace

std::string bash_completion(std::span<const command> commands) {
    return "# Completes the words of latchkey in bash. Made by `latchkey completion bash`.\n" +
           shared_function(commands) + R"(
_latchkey() {
    local answers files value current=${COMP_WORDS[COMP_CWORD]}
    local before=("${COMP_WORDS[@]:1:COMP_CWORD-1}")
    COMPREPLY=()
    # bash makes words of their own of "--state=" and its value.
    if [[ $current == = ]]; then
        current=
    elif [[ ${#before[@]} -gt 1 && ${before[-1]} == = ]]; then
        unset 'before[-1]'
    fi
    local last=
    [[ ${#before[@]} -eq 0 ]] || last=${before[-1]}
    _latchkey_answers "${#before[@]}" "${before[0]-}" "${before[1]-}" "$last" "$current"
    if [[ -n $files ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    elif [[ -n $answers ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$answers" -- "$current")
    fi
}

complete -o filenames -F _latchkey latchkey
)";
}

std::string zsh_completion(std::span<const command> commands) {
    return "#compdef latchkey\n"
           "# Completes the words of latchkey in zsh. Made by `latchkey completion zsh`.\n" +
           shared_function(commands) + R"(
_latchkey() {
    local -a before
    before=("${(@)words[2,CURRENT-1]}")
    local current=${words[CURRENT]} count=$((CURRENT - 2))
    local last=
    ((count == 0)) || last=${before[count]}
    local answers files value
    _latchkey_answers $count "${before[1]-}" "${before[2]-}" "$last" "$current"
    if [[ -n $files ]]; then
        _files
    elif [[ -n $answers ]]; then
        compadd -- ${=answers}
    fi
}

if [ "$funcstack[1]" = _latchkey ]; then
    _latchkey "$@"
else
    compdef _latchkey latchkey
fi
)";
}

namespace {

int run(const command_line& line, command_context& context) {
    context.out << (*line.argument == "bash" ? bash_completion(commands())
                                             : zsh_completion(commands()));
    return exit_code::ok;
}

} // namespace

const command completion_command = {
    .name = "completion",
    .summary = "Prints a script that completes latchkey's words in a shell",
    .run = run,
    .argument = "bash|zsh",
    .example = "latchkey completion bash > latchkey.bash"};

} // namespace latchkey::server

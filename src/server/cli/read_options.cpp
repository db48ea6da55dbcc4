#include "server/cli/read_options.hpp"

#include "server/cli/server_options.hpp"

#include <latchkey/core/text/nearest_name.hpp>

#include <algorithm>

namespace latchkey::server {

namespace {

bool is_optional(std::string_view argument) {
    return argument.starts_with('[');
}

std::string_view bare(std::string_view argument) {
    return is_optional(argument) ? argument.substr(1, argument.size() - 2) : argument;
}

bool is_among(std::string_view word, std::string_view alternatives) {
    const auto choices = choices_of(alternatives);
    return std::ranges::find(choices, word) != choices.end();
}

std::string listed(std::string_view alternatives) {
    std::string out;
    const auto choices = choices_of(alternatives);
    for (std::size_t i = 0; i < choices.size(); ++i) {
        if (i > 0) out += i + 1 < choices.size() ? ", " : " or ";
        out += choices[i];
    }
    return out;
}

class option_reader {
  public:
    option_reader(const command& of, command_line& out)
        : command_(of), options_(all_options(of)), out_(out) {}

    /// Returns nullopt if all is well.
    std::optional<core::failure> read(words_left words) {
        while (!words.empty())
            if (auto wrong = read_one(words)) return wrong;
        if (out_.help) return std::nullopt;
        if (!command_.argument.empty() && !is_optional(command_.argument) && !out_.argument)
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
        if (word.size() == 2)
            for (const auto* known : options_)
                if (known->letter != 0 && known->letter == word[1])
                    return read_known(*known, std::nullopt, words);
        if (!word.starts_with("--") || word.size() < 3) return unexpected(word);
        const auto equals = word.find('=');
        const auto name = word.substr(2, equals == word.npos ? word.npos : equals - 2);
        for (const auto* known : options_)
            if (known->name == name)
                return read_known(*known,
                                  equals == word.npos ? std::optional<std::string_view>()
                                                      : word.substr(equals + 1),
                                  words);
        return unknown(name);
    }
    std::optional<core::failure>
    read_known(const option& known, std::optional<std::string_view> value, words_left& words) {
        if (!known.repeatable && out_.has(known.name))
            return usage(dashed(known.name) + " is given twice");
        if (!value) return read_value(known, words);
        if (known.value_name.empty()) return usage(dashed(known.name) + " takes no value");
        return take(known, *value);
    }
    std::optional<core::failure> take(const option& known, std::string_view value) {
        if (!known.values.empty() && !is_among(value, known.values))
            return usage(dashed(known.name) + " \"" + std::string(value) + "\": expected " +
                         listed(known.values));
        out_.add(known.name, value);
        return std::nullopt;
    }
    std::optional<core::failure> read_argument(std::string_view word) {
        if (command_.argument.empty() || out_.argument) return unexpected(word);
        if (word.empty())
            return usage(std::string(bare(command_.argument)) + " is empty: \"" +
                         std::string(command_.name) + "\" needs one");
        const auto takes = bare(command_.argument);
        if (takes.find('|') != takes.npos && !is_among(word, takes))
            return usage('"' + std::string(command_.name) + "\" does not know \"" +
                         std::string(word) + "\": expected " + listed(takes));
        out_.argument = word;
        return std::nullopt;
    }
    core::failure unexpected(std::string_view word) const {
        const auto takes = command_.argument.empty()
                               ? "options alone"
                               : "one " + std::string(bare(command_.argument)) + " and options";
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
        const auto value = words.front();
        words = words.subspan(1);
        return take(known, value);
    }
    core::failure unknown(std::string_view name) const {
        std::vector<std::string> dashed_names = {"--help"};
        for (const auto* o : options_)
            dashed_names.push_back(dashed(o->name));
        const std::vector<std::string_view> known(dashed_names.begin(), dashed_names.end());
        return usage('"' + std::string(command_.name) + "\" has no option " + dashed(name) +
                     did_you_mean(dashed(name), known));
    }
    static std::string dashed(std::string_view name) { return "--" + std::string(name); }

    const command& command_;
    const std::vector<const option*> options_;
    command_line& out_;
};

} // namespace

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

std::optional<core::failure> read_options(const command& of, words_left words, command_line& out) {
    return option_reader(of, out).read(words);
}

std::vector<const option*> all_options(const command& of) {
    std::vector<const option*> out;
    bool asks_server = false;
    for (const auto& o : of.options) {
        out.push_back(&o);
        asks_server |= o.name == socket_option.name;
    }
    if (asks_server)
        for (const auto& o : url_options)
            out.push_back(&o);
    return out;
}

std::vector<std::string_view> choices_of(std::string_view alternatives) {
    std::vector<std::string_view> out;
    for (std::size_t begin = 0; begin < alternatives.size();) {
        const auto end = std::min(alternatives.find('|', begin), alternatives.size());
        out.push_back(alternatives.substr(begin, end - begin));
        begin = end + 1;
    }
    return out;
}

} // namespace latchkey::server

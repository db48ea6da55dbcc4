#include "server/cli/command_line.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(width, text.size()), ' ');
    return text;
}

std::string shown(const option& o) {
    auto out = "--" + std::string(o.name);
    if (o.letter != 0) out = '-' + std::string(1, o.letter) + ", " + out;
    if (!o.value_name.empty()) out += ' ' + std::string(o.value_name);
    return out;
}

std::string usage_line(const command& c) {
    auto out = "latchkey " + std::string(c.name);
    if (!c.argument.empty()) out += ' ' + std::string(c.argument);
    for (const auto& o : c.options)
        if (o.required) out += " --" + std::string(o.name) + ' ' + std::string(o.value_name);
    return out + (c.options.empty() ? "" : " [--option VALUE]...");
}

} // namespace

std::string overview_text(std::span<const command> commands, std::string_view group) {
    const auto wanted = [&](const command& c) {
        return group.empty() || c.name.starts_with(std::string(group) + ' ');
    };
    std::size_t width = 0;
    for (const auto& c : commands)
        if (wanted(c)) width = std::max(width, c.name.size());
    std::string out = "usage: latchkey " +
                      (group.empty() ? "COMMAND" : std::string(group) + " ...") +
                      " [--option VALUE]...\n\n";
    for (const auto& c : commands)
        if (wanted(c))
            out += "  " + padded(std::string(c.name), width + 2) + std::string(c.summary) + '\n';
    return out + "\n\"latchkey help COMMAND\" shows the options of a command.\n"
                 "Exit codes: 0, 64 usage, 69 unavailable, 70 bug, 77 permission, "
                 "78 configuration.\n";
}

std::string help_text(const command& c) {
    const auto options = all_options(c);
    std::size_t width = 0;
    for (const auto* o : options)
        width = std::max(width, shown(*o).size());
    auto out = "usage: " + usage_line(c) + "\n\n" + std::string(c.summary) + ".\n";
    if (!options.empty()) out += '\n';
    for (const auto* o : options)
        out += "  " + padded(shown(*o), width + 2) + std::string(o->help) +
               (o->required     ? " (required)\n"
                : o->repeatable ? " (may be repeated)\n"
                                : "\n");
    if (!c.example.empty()) out += "\nExample:\n  " + std::string(c.example) + '\n';
    return out;
}

} // namespace latchkey::server

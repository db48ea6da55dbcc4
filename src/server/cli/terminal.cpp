#include "server/cli/terminal.hpp"

#include "server/cli/printable_stream.hpp"

#include <unistd.h>

#include <algorithm>

namespace latchkey::server {

namespace {

std::string_view sequence_of(tint colour) {
    switch (colour) {
    case tint::good:
        return "\x1b[32m";
    case tint::warning:
        return "\x1b[33m";
    case tint::bad:
        return "\x1b[31m";
    case tint::faint:
        return "\x1b[2m";
    case tint::heading:
        return "\x1b[1m";
    case tint::plain:
        break;
    }
    return {};
}

} // namespace

terminal_traits
look_at_terminal(const std::vector<std::pair<std::string, std::string>>& environment) {
    terminal_traits out;
    out.out = ::isatty(STDOUT_FILENO) == 1;
    out.asks = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
    const bool refused = std::ranges::any_of(environment, [](const auto& variable) {
        return (variable.first == "NO_COLOR" && !variable.second.empty()) ||
               (variable.first == "TERM" && variable.second == "dumb");
    });
    out.colour = out.out && !refused;
    return out;
}

void painter::write(std::string_view text, tint colour) {
    const auto begin = colour_ ? sequence_of(colour) : std::string_view();
    if (!begin.empty()) sequence(begin);
    out_ << text;
    if (!begin.empty()) sequence("\x1b[0m");
}

void painter::sequence(std::string_view bytes) {
    auto* const printable = dynamic_cast<printable_buffer*>(out_.rdbuf());
    auto& target = printable ? printable->target() : *out_.rdbuf();
    target.sputn(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

} // namespace latchkey::server

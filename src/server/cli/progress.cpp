#include "server/cli/progress.hpp"

#include "server/cli/printable_stream.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <string_view>

namespace latchkey::server {

namespace {

// Returns null unless `out` is the program's standard error and that is a terminal.
std::streambuf* terminal_behind(const std::ostream& out) {
    auto* const printable = dynamic_cast<printable_buffer*>(out.rdbuf());
    if (!printable || &printable->target() != std::cerr.rdbuf()) return nullptr;
    return ::isatty(STDERR_FILENO) == 1 ? &printable->target() : nullptr;
}

} // namespace

progress::progress(std::ostream& out) : out_(out), terminal_(terminal_behind(out)) {}

void progress::restart_line() {
    constexpr std::string_view sequence = "\r\x1b[K";
    out_.flush();
    terminal_->sputn(sequence.data(), static_cast<std::streamsize>(sequence.size()));
    terminal_->pubsync();
}

void progress::show(const std::string& text) {
    if (!terminal_) return;
    restart_line();
    out_ << text << std::flush;
    shown_ = true;
}

void progress::show(const std::string& text, double part, double whole) {
    constexpr std::size_t width = 30;
    if (whole <= 0) return show(text);
    const double done = std::clamp(part / whole, 0.0, 1.0);
    const auto full = static_cast<std::size_t>(done * width);
    show('[' + std::string(full, '#') + std::string(width - full, ' ') + "] " + text);
}

void progress::clear() {
    if (shown_) restart_line();
    shown_ = false;
}

} // namespace latchkey::server

#include "progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>

namespace latchkey::server {

progress::progress(std::ostream& out)
    : out_(out), live_(&out == &std::cerr && ::isatty(STDERR_FILENO) == 1) {}

void progress::show(const std::string& text) {
    if (!live_) return;
    out_ << "\r\x1b[K" << text << std::flush;
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
    if (shown_) out_ << "\r\x1b[K" << std::flush;
    shown_ = false;
}

} // namespace latchkey::server

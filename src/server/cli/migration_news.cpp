#include "server/cli/migration_news.hpp"

#include <algorithm>

namespace latchkey::server {

namespace {

constexpr core::seconds line_interval{10};

} // namespace

std::string time_text(core::milliseconds time) {
    const auto s = std::chrono::ceil<core::seconds>(time).count();
    if (s < 90) return std::to_string(std::max<std::int64_t>(s, 1)) + " s";
    if (s < 90 * 60) return std::to_string((s + 30) / 60) + " min";
    return std::to_string((s + 1800) / 3600) + " h";
}

std::string progress_text(const pg::migration_progress& p, core::milliseconds elapsed) {
    auto text = std::string(p.what) + ": " + std::to_string(p.done);
    if (p.total == 0) return text;
    text += " of " + std::to_string(p.total) + " (" +
            std::to_string(std::min<std::uint64_t>(p.done * 100 / p.total, 100)) + " %)";
    if (p.done == 0 || p.done >= p.total || elapsed < core::seconds(1)) return text;
    const auto left =
        elapsed * static_cast<std::int64_t>(p.total - p.done) / static_cast<std::int64_t>(p.done);
    return text + ", about " + time_text(left) + " left";
}

void migration_news::say(std::string_view line) {
    progress_.clear();
    err_ << line << '\n' << std::flush;
}

void migration_news::show(const pg::migration_progress& p, core::steady_time now) {
    if (of_ != p.what) {
        of_ = p.what;
        began_ = now;
        next_ = now + line_interval;
    }
    const auto text =
        progress_text(p, std::chrono::duration_cast<core::milliseconds>(now - began_));
    progress_.show(text, static_cast<double>(p.done), static_cast<double>(p.total));
    if (progress_.is_terminal() || now < next_) return;
    next_ = now + line_interval;
    say(text);
}

} // namespace latchkey::server

#include "server/process/log_writer.hpp"

#include "server/process/health_codes.hpp"

#include <latchkey/core/text/json_text.hpp>
#include <latchkey/core/text/printable.hpp>
#include <latchkey/core/text/rfc3339.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace latchkey::server {

namespace {

std::string_view name_of(core::log_level level, bool json) {
    switch (level) {
    case core::log_level::debug:
        return json ? "debug" : "DEBUG";
    case core::log_level::info:
        return json ? "info" : "INFO ";
    case core::log_level::warning:
        return json ? "warning" : "WARN ";
    case core::log_level::error:
        return json ? "error" : "ERROR";
    }
    return "";
}

// The priorities of syslog(3).
std::string_view priority_of(core::log_level level) {
    constexpr std::array<std::string_view, 4> all = {"<7>", "<6>", "<4>", "<3>"};
    return all[static_cast<std::size_t>(level)];
}

template <class Number>
void append_number(std::string& out, Number n) {
    char digits[32];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, n).ptr);
}

struct value_writer {
    std::string& out;
    void operator()(std::string_view v) const { core::append_json_string(out, v); }
    void operator()(std::int64_t v) const { append_number(out, v); }
    void operator()(double v) const { append_number(out, v); }
    void operator()(bool v) const { out += v ? "true" : "false"; }
};

// Bare words stay bare; other values are quoted, so that a line stays one line.
struct text_value_writer : value_writer {
    using value_writer::operator();
    void operator()(std::string_view v) const {
        const bool bare = !v.empty() && v.find_first_of(" \"\\=\t\r\n") == std::string_view::npos;
        if (bare)
            out += v;
        else
            core::append_json_string(out, v);
    }
};

std::string unescaped_line(bool json, core::real_time now, core::log_level level,
                           std::string_view message, std::span<const core::log_field> fields) {
    std::string out;
    if (json) {
        out = R"({"time":)";
        core::append_rfc3339(out, now);
        out += R"(,"level":")";
        out += name_of(level, true);
        out += R"(","message":)";
        core::append_json_string(out, message);
        for (const auto& field : fields) {
            out += ',';
            core::append_json_string(out, field.name);
            out += ':';
            std::visit(value_writer{out}, field.value);
        }
        return out + '}';
    }
    core::append_rfc3339(out, now);
    if (out.starts_with('"')) out = out.substr(1, out.size() - 2);
    out += ' ';
    out += name_of(level, false);
    out += ' ';
    out += message;
    for (const auto& field : fields) {
        out += ' ';
        out += field.name;
        out += '=';
        std::visit(text_value_writer{{out}}, field.value);
    }
    return out;
}

} // namespace

std::string format_log_line(bool json, core::real_time now, core::log_level level,
                            std::string_view message, std::span<const core::log_field> fields) {
    return core::printable_line(unescaped_line(json, now, level, message, fields)) + '\n';
}

bool is_journal(int descriptor, const char* stream) {
    struct stat found {};
    if (!stream || ::fstat(descriptor, &found) != 0) return false;
    return std::to_string(found.st_dev) + ':' + std::to_string(found.st_ino) == stream;
}

log_writer::log_writer(const log_configuration& settings, int descriptor)
    : level_(settings.level),
      json_(settings.format == log_format::json ||
            (settings.format == log_format::automatic && ::isatty(descriptor) == 0)),
      descriptor_(descriptor),
      journal_(is_journal(descriptor, std::getenv("JOURNAL_STREAM"))),
      thread_([this] { run(); }) {}

log_writer::~log_writer() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void log_writer::write(core::log_level level, std::string_view message,
                       std::span<const core::log_field> values) noexcept try {
    if (level < level_.load(std::memory_order_relaxed)) return;
    auto line = format_log_line(json_, std::chrono::system_clock::now(), level, message, values);
    if (journal_) line.insert(0, priority_of(level));
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + line.size() > waiting_bytes_max) {
        ++dropped_;
        ++dropped_total_;
        dropped_at_ = core::boot_clock::now();
        return;
    }
    waiting_ += line;
    wake_.notify_one();
} catch (...) {
    // Memory is exhausted, and losing a line does the least harm.
}

std::optional<log_writer::loss> log_writer::lost() const {
    const std::lock_guard lock(mutex_);
    if (dropped_total_ == 0) return std::nullopt;
    return loss{dropped_total_, dropped_at_};
}

void log_writer::collect(core::metric_sink& sink) const {
    const std::lock_guard lock(mutex_);
    sink.add_counter("auth_log_lines_dropped_total",
                     "Log lines lost to a slow reader, or a full disk.", {},
                     static_cast<double>(dropped_total_));
}

void log_writer::run() {
    std::unique_lock lock(mutex_);
    while (!ending_ || !waiting_.empty()) {
        wake_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
        const auto text = std::exchange(waiting_, {});
        const auto untold = std::exchange(dropped_, 0);
        lock.unlock();
        const auto lost = put(text);
        const bool told = untold == 0 || tell_of(untold);
        lock.lock();
        dropped_ += lost + (told ? 0 : untold);
        dropped_total_ += lost;
        if (lost > 0) dropped_at_ = core::boot_clock::now();
    }
}

bool log_writer::tell_of(std::uint64_t dropped) noexcept {
    constexpr std::string_view code = "LOG_LINES_DROPPED";
    const core::log_field told[] = {
        {"lines", dropped}, {"code", code}, {"mend", health_code_named(code)->mend}};
    return put(format_log_line(json_, std::chrono::system_clock::now(), core::log_level::warning,
                               "log lines were dropped", told)) == 0;
}

// Writes pieces that a writable pipe takes without blocking, because a reader that has stopped must
// not delay the end of the process.
std::uint64_t log_writer::put(std::string_view text) noexcept {
    constexpr int wait_ms = 100;
    while (!text.empty()) {
        pollfd writable{descriptor_, POLLOUT, 0};
        const int ready = ::poll(&writable, 1, wait_ms);
        if (ready == 0 && may_give_up()) break;
        if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
        const auto n =
            ::write(descriptor_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
        if (n > 0)
            text.remove_prefix(static_cast<std::size_t>(n));
        else if (n < 0 && errno != EAGAIN && errno != EINTR)
            break; // nobody reads any more, or the disk is full
    }
    return static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
}

// Lines may be dropped if the process is ending and nobody reads.
bool log_writer::may_give_up() noexcept {
    const std::lock_guard lock(mutex_);
    return ending_;
}

} // namespace latchkey::server

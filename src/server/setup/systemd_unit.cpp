#include "server/setup/systemd_unit.hpp"

#include "server/setup/run_program.hpp"

#include <latchkey/core/clock.hpp>

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <optional>
#include <sstream>
#include <sys/stat.h>
#include <thread>

namespace latchkey::server {

namespace {

constexpr core::seconds ready_within{60};

/// One property of the unit, as systemd knows it.
std::string property(const std::string& unit, const char* name) {
    return run_program({"systemctl", "show", "--value", "-p", name, unit}).out;
}

// "Sun 2026-11-29 22:17:00.123456 UTC"
std::optional<double> seconds_of(const std::string& timestamp) {
    std::tm date{};
    double seconds = 0;
    if (std::sscanf(timestamp.c_str(), "%*s %d-%d-%d %d:%d:%lf", &date.tm_year, &date.tm_mon,
                    &date.tm_mday, &date.tm_hour, &date.tm_min, &seconds) != 6)
        return std::nullopt;
    date.tm_year -= 1900;
    date.tm_mon -= 1;
    return static_cast<double>(::timegm(&date)) + seconds;
}

bool has_changed_since_start(const std::string& unit) {
    const auto started = seconds_of(run_program({"systemctl", "show", "--timestamp=us+utc",
                                                 "--value", "-p", "ExecMainStartTimestamp", unit})
                                        .out);
    if (!started) return false;
    std::istringstream files(property(unit, "FragmentPath") + ' ' + property(unit, "DropInPaths"));
    for (std::string file; files >> file;) {
        struct stat found {};
        if (::stat(file.c_str(), &found) != 0) continue;
        const auto& at = found.st_mtim;
        if (static_cast<double>(at.tv_sec) + static_cast<double>(at.tv_nsec) / 1e9 > *started)
            return true;
    }
    return false;
}

core::result<void> wait_until_ready(const std::string& unit) {
    const auto until = core::steady_now() + ready_within;
    for (;;) {
        const auto now = property(unit, "ActiveState");
        if (now == "active" && property(unit, "Job").empty()) return {};
        if (now == "failed" || core::steady_now() >= until)
            return core::failure{core::failure_kind::unavailable,
                                 unit + " is " + now +
                                     ", not ready: " + property(unit, "StatusText") +
                                     " (journalctl -u " + unit + ")"};
        std::this_thread::sleep_for(core::milliseconds(100));
    }
}

} // namespace

bool has_systemd() {
    std::error_code unseen;
    return std::filesystem::exists("/run/systemd/system", unseen);
}

bool is_active(const std::string& unit) {
    return run_program({"systemctl", "is-active", "--quiet", unit}).exit_code == 0;
}

std::vector<std::string> running_instances() {
    std::istringstream lines(
        run_program({"systemctl", "--plain", "--no-legend", "--state=active,activating,reloading",
                     "list-units", "latchkey@*.service"})
            .out);
    std::vector<std::string> out;
    for (std::string line; std::getline(lines, line);)
        if (const auto name = line.substr(0, line.find(' ')); name.starts_with("latchkey@"))
            out.push_back(name);
    return out;
}

// The program's file is replaced by an upgrade, and a process goes on with the old one. systemd
// forgets with a daemon-reload that a unit has changed.
std::string why_restart(const std::string& unit) {
    if (property(unit, "NeedDaemonReload") == "yes" || has_changed_since_start(unit))
        return "its unit has changed";
    std::error_code unseen;
    const auto program =
        std::filesystem::read_symlink("/proc/" + property(unit, "MainPID") + "/exe", unseen);
    return program.string().ends_with(" (deleted)") ? "it runs the program of before an upgrade"
                                                    : "";
}

core::result<void> systemctl(std::vector<std::string> words) {
    words.insert(words.begin(), "systemctl");
    const auto end = run_program(words);
    if (end.exit_code == 0) return {};
    return core::failure{core::failure_kind::unavailable, end.out};
}

core::result<void> restart_and_wait(const std::string& unit) {
    // The start itself waits for the database without an end.
    if (auto done = systemctl({"--no-block", "restart", unit}); !done) return done;
    return wait_until_ready(unit);
}

} // namespace latchkey::server

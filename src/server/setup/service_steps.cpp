#include "server/setup/run_program.hpp"
#include "server/setup/setup_steps.hpp"

#include <latchkey/core/clock.hpp>

#include <filesystem>
#include <memory>
#include <thread>

namespace latchkey::server {

namespace {

using core::failure;
using core::failure_kind;
using state = outlook::state;

constexpr const char* service = "latchkey.service";
constexpr const char* socket = "latchkey.socket";
constexpr core::seconds ready_within{60};

bool is_link(const std::string& path) {
    std::error_code unseen;
    return std::filesystem::is_symlink(path, unseen);
}

/// One property of the service, as systemd knows it.
std::string property(const char* name) {
    return run_program({"systemctl", "show", "--value", "-p", name, service}).out;
}
bool is_active(const char* unit) {
    return run_program({"systemctl", "is-active", "--quiet", unit}).exit_code == 0;
}

class service_part {
  public:
    explicit service_part(const setup_terms& terms) : terms_(terms) {}

    outlook look_at_links() const {
        const auto folder = terms_.path(units_folder);
        if (is_link(folder + "sockets.target.wants/" + socket) &&
            is_link(folder + "multi-user.target.wants/" + service))
            return {state::done, "the socket and the service are enabled"};
        return {state::to_do,
                "enable the socket and the service: they start with the machine",
                {"systemctl enable latchkey.socket latchkey.service"}};
    }
    core::result<void> enable() const {
        std::vector<std::string> words = {"systemctl", "--quiet", "enable", socket, service};
        if (!terms_.root.empty()) words.insert(words.begin() + 1, "--root=" + terms_.root);
        return unless_failed(run_program(words));
    }

    outlook look_at_process() const {
        if (!terms_.root.empty() || !std::filesystem::exists("/run/systemd/system"))
            return {state::left, "systemd does not run here: start the units where it does"};
        if (!is_active(socket) && is_active(service))
            return {state::left, "the service runs without its socket: when clients can wait for a "
                                 "moment, run systemctl stop latchkey.service, and this again"};
        if (is_active(socket) && is_active(service)) {
            if (const auto why = why_restart(); !why.empty())
                return {state::to_do,
                        "restart the service: " + why,
                        {"systemctl daemon-reload", "systemctl restart latchkey.service"}};
            return {state::done, "the socket and the service run"};
        }
        return {state::to_do,
                "start the socket and the service",
                {"systemctl daemon-reload", "systemctl start latchkey.socket latchkey.service"}};
    }
    /// With the socket, clients wait during a restart and none is refused.
    core::result<void> start() const {
        if (auto done = unless_failed(run_program({"systemctl", "daemon-reload"})); !done)
            return done;
        if (auto done = unless_failed(run_program({"systemctl", "start", socket})); !done)
            return done;
        // The start itself waits for the database without an end.
        if (auto done = unless_failed(run_program({"systemctl", "--no-block", "restart", service}));
            !done)
            return done;
        return wait_until_ready();
    }

  private:
    static core::result<void> unless_failed(const program_end& end) {
        if (end.exit_code == 0) return {};
        return failure{failure_kind::unavailable, end.out};
    }
    // The program's file is replaced by an upgrade, and a process goes on with the old one.
    static std::string why_restart() {
        if (property("NeedDaemonReload") == "yes") return "its unit has changed";
        std::error_code unseen;
        const auto program =
            std::filesystem::read_symlink("/proc/" + property("MainPID") + "/exe", unseen);
        return program.string().ends_with(" (deleted)") ? "it runs the program of before an upgrade"
                                                        : "";
    }
    static core::result<void> wait_until_ready() {
        const auto until = core::steady_now() + ready_within;
        for (;;) {
            const auto now = property("ActiveState");
            if (now == "active" && property("Job").empty()) return {};
            if (now == "failed" || core::steady_now() >= until)
                return failure{failure_kind::unavailable,
                               "the service is " + now + ", not ready: " + property("StatusText") +
                                   " (journalctl -u latchkey)"};
            std::this_thread::sleep_for(core::milliseconds(100));
        }
    }

    const setup_terms& terms_;
};

} // namespace

std::vector<setup_step> service_steps(const setup_terms& terms) {
    const auto part = std::make_shared<const service_part>(terms);
    return {
        {"service", "enable", [part]() -> core::result<outlook> { return part->look_at_links(); },
         [part] { return part->enable(); }},
        {"service", "start", [part]() -> core::result<outlook> { return part->look_at_process(); },
         [part] { return part->start(); }}};
}

} // namespace latchkey::server

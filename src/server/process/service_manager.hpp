#pragma once
// What the service manager is told (sd_notify(3)): a datagram of lines. Deciding what to say is
// `service_notice`, without a socket.

#include <latchkey/core/clock.hpp>

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::server {

/// Sends to the socket that NOTIFY_SOCKET names: a path, or an abstract name after '@'. Nothing
/// here blocks or fails: who is not heard has no manager.
class service_manager {
  public:
    /// Empty: tells nobody.
    explicit service_manager(std::string_view address);
    ~service_manager();
    service_manager(const service_manager&) = delete;
    service_manager& operator=(const service_manager&) = delete;

    /// A datagram of these lines. While the manager's queue is full, it is kept and sent in its
    /// turn by a later call: call it now and then, if with nothing.
    void tell(std::string_view lines);

  private:
    bool sent(std::string_view lines) const noexcept;
    void keep(std::string_view lines);

    int fd_ = -1;
    std::deque<std::string> unsent_;
};

/// WATCHDOG_USEC, when WATCHDOG_PID is not set or is ours: how soon silence counts as death.
std::optional<core::nanoseconds> watchdog_limit(std::string_view microseconds, std::string_view pid,
                                                int own_pid);

/// What to tell when. Each call answers with lines to send, or nothing.
class service_notice {
  public:
    explicit service_notice(std::optional<core::nanoseconds> watchdog = {}) : watchdog_(watchdog) {}

    /// Each tick: READY=1 once `ready`, STATUS= when it has changed, and WATCHDOG=1 twice within
    /// its limit, as long as every loop's last turn is younger than half of the limit.
    std::string tick(core::steady_time now, bool ready, std::string_view status,
                     std::span<const core::steady_time> turns);
    /// Between these two the manager holds us for reloading. Nothing, before READY=1.
    std::string reloading(core::steady_time now) const;
    std::string reloaded() const;
    /// The drain begins.
    std::string stopping();

    bool told_ready() const noexcept { return ready_; }

  private:
    bool alive(core::steady_time now, std::span<const core::steady_time> turns) const;

    const std::optional<core::nanoseconds> watchdog_;
    core::steady_time fed_at_{};
    std::string status_;
    bool ready_ = false;
    bool stopping_ = false;
};

} // namespace latchkey::server

#pragma once
// Notifies the service manager (sd_notify(3)) by datagrams of lines. `service_notice` decides what
// to send, without a socket.

#include <latchkey/core/clock.hpp>

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::server {

/// Sends to the socket that NOTIFY_SOCKET names: a path, or an abstract name after '@'. Nothing
/// here blocks or fails; without a manager, nothing is sent.
class service_manager {
  public:
    /// If `address` is empty, nothing is sent.
    explicit service_manager(std::string_view address);
    ~service_manager();
    service_manager(const service_manager&) = delete;
    service_manager& operator=(const service_manager&) = delete;

    /// Sends the lines as one datagram. While the manager's queue is full, they are kept and sent
    /// in order by later calls; so call it now and then, with an empty text if there is nothing to
    /// say.
    void tell(std::string_view lines);

  private:
    bool sent(std::string_view lines) const noexcept;
    void keep(std::string_view lines);

    int fd_ = -1;
    std::deque<std::string> unsent_;
};

/// Returns WATCHDOG_USEC, the time of silence after which the manager ends the process; nullopt if
/// it is not set, or if WATCHDOG_PID is another process.
std::optional<core::nanoseconds> watchdog_limit(std::string_view microseconds, std::string_view pid,
                                                int own_pid);

/// Decides what to send when. Each call returns lines to send, or an empty text.
class service_notice {
  public:
    explicit service_notice(std::optional<core::nanoseconds> watchdog = {}) : watchdog_(watchdog) {}

    /// To be called each tick. Returns READY=1 once when `ready`, STATUS= when it has changed, and
    /// WATCHDOG=1 every quarter of its limit, as long as every loop's last turn is younger than
    /// half of the limit.
    std::string tick(core::steady_time now, bool ready, std::string_view status,
                     std::span<const core::steady_time> turns);
    /// Between these two the manager holds us for reloading. Nothing, before READY=1.
    std::string reloading(core::steady_time now) const;
    std::string reloaded() const;
    /// To be called when the drain begins.
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

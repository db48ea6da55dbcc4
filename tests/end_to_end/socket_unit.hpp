#pragma once
// Stands in for systemd: holds a server's listening sockets, starts and stops the server, and
// receives its notifications.

#include "support.hpp"

#include <chrono>
#include <string>
#include <sys/types.h>
#include <vector>

namespace latchkey::test {

class socket_unit {
  public:
    /// Holds a TCP and a unix socket for the API; with `with_admin`, the admin socket and another
    /// TCP socket as well. `toml`: the configuration, without server.listen and [admin].
    explicit socket_unit(const std::string& toml, bool with_admin = false);
    ~socket_unit(); ///< sends SIGKILL to a server that still runs
    socket_unit(const socket_unit&) = delete;
    socket_unit& operator=(const socket_unit&) = delete;

    int port() const noexcept { return port_; }
    int other_port() const noexcept { return other_port_; }
    void start();
    void signal(int number) const;
    /// Sends SIGTERM and waits. Returns the exit code, or -1 if the server did not end in time.
    int stop(std::chrono::milliseconds within = std::chrono::seconds(40));
    /// Waits for a server that ends by itself. Returns the exit code, or -1.
    int wait(std::chrono::milliseconds within = std::chrono::seconds(40));
    /// Returns all notifications since the start.
    std::string told();
    /// Waits until a notification has the text.
    bool hears(std::string_view text, std::chrono::milliseconds within = patience);
    std::string log() const;
    std::string api_socket() const { return folder_.file("api.sock"); }
    std::string admin_socket() const { return folder_.file("admin.sock"); }
    /// WATCHDOG_USEC for the next start.
    std::chrono::microseconds watchdog{0};

  private:
    temporary_folder folder_;
    int port_ = 0;
    int other_port_ = 0;
    std::vector<int> listening_; ///< in the order in which they are passed
    std::string names_;
    int notices_ = -1;
    pid_t pid_ = -1;
    std::string told_;
};

} // namespace latchkey::test

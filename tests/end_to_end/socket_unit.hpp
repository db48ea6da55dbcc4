#pragma once
// What systemd is for a server: holds its listening socket, starts it, hears what it tells, and
// stops it.

#include "support.hpp"

#include <chrono>
#include <string>
#include <sys/types.h>
#include <vector>

namespace latchkey::test {

class socket_unit {
  public:
    /// `toml`: the configuration, without [server] listen and [admin]. Holds a TCP and a unix
    /// socket for the public. `with_admin`: the admin socket, too, and another TCP socket.
    explicit socket_unit(const std::string& toml, bool with_admin = false);
    ~socket_unit(); ///< SIGKILL, when one still runs
    socket_unit(const socket_unit&) = delete;
    socket_unit& operator=(const socket_unit&) = delete;

    int port() const noexcept { return port_; }
    int other_port() const noexcept { return other_port_; }
    void start();
    void signal(int number) const;
    /// SIGTERM, and its end; the exit code, or -1 when it did not end in time.
    int stop(std::chrono::milliseconds within = std::chrono::seconds(40));
    /// Its end, when it ends by itself.
    int wait(std::chrono::milliseconds within = std::chrono::seconds(40));
    /// Everything that it has told since it was started.
    std::string told();
    /// Waits until it has told that.
    bool hears(std::string_view text, std::chrono::milliseconds within = patience);
    std::string log() const;
    std::string api_socket() const { return folder_.file("api.sock"); }
    std::string admin_socket() const { return folder_.file("admin.sock"); }
    /// For the next start: WATCHDOG_USEC.
    std::chrono::microseconds watchdog{0};

  private:
    temporary_folder folder_;
    int port_ = 0;
    int other_port_ = 0;
    std::vector<int> listening_; ///< as they are passed, with their names
    std::string names_;
    int notices_ = -1;
    pid_t pid_ = -1;
    std::string told_;
};

} // namespace latchkey::test

#pragma once
// Passes bytes between the server and PostgreSQL, over a unix socket or TCP, with faults that a
// test chooses.

#include "support.hpp"

#include <atomic>
#include <chrono>
#include <deque>
#include <list>
#include <string>
#include <thread>

namespace latchkey::test {

class faulty_proxy {
  public:
    /// `socket`: the path of PostgreSQL's socket.
    explicit faulty_proxy(const std::string& socket);
    ~faulty_proxy();
    faulty_proxy(const faulty_proxy&) = delete;
    faulty_proxy& operator=(const faulty_proxy&) = delete;

    /// The host of a connection string that leads through the proxy's unix socket.
    std::string folder() const;
    /// The port of 127.0.0.1 that leads through the proxy.
    int port() const noexcept { return port_; }

    /// Passes nothing: connections stay open, as behind a firewall that has forgotten them.
    void stall() { how_ = manner::stall; }
    void pass() { how_ = manner::pass; }
    /// Passes one byte at a time.
    void trickle() { how_ = manner::trickle; }
    /// Delays bytes in each direction from now on.
    void delay(std::chrono::milliseconds by) { delay_ms_ = static_cast<int>(by.count()); }
    /// Breaks all connections, also in the middle of a message.
    void reset() { reset_ = true; }

  private:
    enum class manner { pass, stall, trickle };
    using clock = std::chrono::steady_clock;
    struct chunk {
        clock::time_point due;
        std::string bytes;
    };
    struct direction {
        int from;
        int to;
        std::deque<chunk> under_way;
    };
    struct link {
        direction there;
        direction back;
    };

    void run();
    void turn();
    bool read(direction&, short events) const;
    bool write(direction&) const;
    void accept_from(int listener);
    void break_all();

    temporary_folder folder_;
    std::string target_;
    int port_ = 0;
    int unix_ = -1;
    int tcp_ = -1;
    std::list<link> links_;
    std::atomic<manner> how_{manner::pass};
    std::atomic<int> delay_ms_{0};
    std::atomic<bool> reset_{false};
    std::atomic<bool> ending_{false};
    std::thread thread_;
};

} // namespace latchkey::test

#pragma once
// Passes bytes between the server and PostgreSQL, until it is told to stop: connections stay open,
// and nothing comes or goes, as behind a firewall that has forgotten them.

#include "support.hpp"

#include <atomic>
#include <string>
#include <thread>

namespace latchkey::test {

class stalling_proxy {
  public:
    /// `socket`: PostgreSQL's own.
    explicit stalling_proxy(const std::string& socket);
    ~stalling_proxy();
    stalling_proxy(const stalling_proxy&) = delete;
    stalling_proxy& operator=(const stalling_proxy&) = delete;

    /// The host that leads through it.
    std::string folder() const;
    void stall() { stalled_ = true; }
    void pass() { stalled_ = false; }

  private:
    void run();

    temporary_folder folder_;
    std::string target_;
    int listener_ = -1;
    std::atomic<bool> stalled_{false};
    std::atomic<bool> ending_{false};
    std::thread thread_;
};

} // namespace latchkey::test

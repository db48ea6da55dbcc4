#pragma once
// Stands between Latchkey and its clients, and does not answer as Latchkey would when a test says
// so.

#include "support.hpp"

#include <chrono>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace latchkey::test {

/// What becomes of a request: it is passed on, gets a 503, loses its connection, or gets no answer.
struct fate {
    enum class kind { pass, busy, hang_up, stall };
    kind what = kind::pass;
    int retry_after = -1; ///< of the 503; negative: it has none
};

/// Passes whole requests on, over one connection to the server for each client's. The fates are for
/// the first requests; the last of them is also for all that follow.
class moody_front {
  public:
    moody_front(int server_port, std::deque<fate> fates);
    ~moody_front();
    moody_front(const moody_front&) = delete;
    moody_front& operator=(const moody_front&) = delete;

    using instant = std::chrono::steady_clock::time_point;
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    /// When each request had arrived.
    std::vector<instant> requests() const;
    int connections() const;

  private:
    void accept_all();
    void serve(int fd);
    fate arrived();

    const int server_port_;
    int listener_;
    int port_;
    mutable std::mutex mutex_;
    std::deque<fate> fates_;
    std::vector<instant> requests_;
    std::vector<int> open_; ///< the clients' sockets; the destructor closes them
    std::vector<std::thread> serving_;
    std::thread accepting_;
};

} // namespace latchkey::test

#pragma once
// Lets an Asio loop wait for a readiness set, and deliver it. First the deadlines' wheel learns
// what time it is: what arrived while the loop was held up has all of its time from now on.

#include <memory>

namespace boost::asio {
class io_context;
}

namespace latchkey::net {

class deadline_wheel;
class epoll_set;

/// Ends before the loop, the set and the wheel.
class epoll_pump {
  public:
    /// Runs on the loop from now on.
    epoll_pump(boost::asio::io_context& loop, epoll_set& set, deadline_wheel&);
    ~epoll_pump();

  private:
    struct shell;
    std::unique_ptr<shell> shell_;
};

} // namespace latchkey::net

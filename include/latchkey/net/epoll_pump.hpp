#pragma once
// Lets an Asio loop wait for an epoll set, and delivers its events. Before each delivery the
// deadline wheel advances, so that an operation that arrived while the loop was delayed has all of
// its time from then on.

#include <memory>

namespace boost::asio {
class io_context;
}

namespace latchkey::net {

class deadline_wheel;
class epoll_set;

/// Must end before the loop, the set and the wheel. Lives on the loop's thread.
class epoll_pump {
  public:
    /// Begins to wait on the loop.
    epoll_pump(boost::asio::io_context& loop, epoll_set& set, deadline_wheel&);
    ~epoll_pump();

  private:
    struct shell;
    std::unique_ptr<shell> shell_;
};

} // namespace latchkey::net

#pragma once
// Lets an Asio loop wait for an epoll set and for its own descriptors, timers and posts in one
// system call, and delivers the set's events at once. A request on a quiet connection then takes
// three system calls: to wait, to receive and to send. (An epoll_pump takes two more.)
//
// Asio waits in its reactor, which has an epoll descriptor. This object takes the reactor's place:
// it waits for the set, in which that descriptor is one of the members, and has the reactor work
// when it is ready. It relies on members of Asio's that are private: Boost 1.81 has them.

#include <memory>

namespace boost::asio {
class io_context;
}

namespace latchkey::net {

class deadline_wheel;
class epoll_set;

/// Must end before the loop, the set and the wheel, while the loop does not run and nobody posts to
/// it. One for each loop. Lives on the loop's thread.
class joint_wait {
  public:
    /// Throws std::system_error if the system has no descriptor left.
    joint_wait(boost::asio::io_context& loop, epoll_set& set, deadline_wheel&);
    ~joint_wait();

  private:
    struct task;
    std::unique_ptr<task> task_;
};

} // namespace latchkey::net

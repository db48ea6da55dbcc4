#pragma once

#include <latchkey/core/slow_work.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <utility>

namespace latchkey::server {

/// Runs what would block a loop on a thread of its own, one after the other. Must end before the
/// loop.
class slow_worker {
  public:
    explicit slow_worker(boost::asio::io_context& loop) : loop_(loop) {}

    /// Runs `work` on that thread, and afterwards `then` on the loop.
    void run(std::function<void()> work, std::function<void()> then) {
        boost::asio::post(thread_, [this, work = std::move(work), then = std::move(then)] {
            work();
            boost::asio::post(loop_, then);
        });
    }
    /// For those that need no more than `run`.
    core::slow_work caller() {
        return [this](auto work, auto then) { run(std::move(work), std::move(then)); };
    }
    /// Waits for all work that was given.
    void join() { thread_.join(); }

  private:
    boost::asio::io_context& loop_;
    boost::asio::thread_pool thread_{1};
};

} // namespace latchkey::server

#pragma once
// Reads the nodes for all who wait until a change is applied everywhere: one query for all of them,
// again and again while somebody waits.

#include "pg/writes/acknowledgement_wait.hpp"
#include "pg/writes/write_queue.hpp"

#include <latchkey/core/flow/task.hpp>
#include <latchkey/pg/connection/database_identity.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <coroutine>
#include <cstdint>
#include <memory>
#include <vector>

namespace latchkey::pg {

/// Lives on its loop's thread. Its timer keeps it alive; once stopped, it does nothing.
class fleet_watch final : public std::enable_shared_from_this<fleet_watch> {
  public:
    /// One wait. Lives in the frame of the coroutine that awaits it.
    class waiting {
      public:
        waiting(fleet_watch& watch, acknowledgement_wait what) : watch_(watch), what_(what) {}
        waiting(const waiting&) = delete;
        waiting& operator=(const waiting&) = delete;

        bool await_ready() const noexcept { return watch_.stopping_; }
        void await_suspend(std::coroutine_handle<> frame) {
            frame_ = frame;
            watch_.add(*this);
        }
        /// What is known then.
        acknowledgement_wait await_resume() { return std::move(what_); }

      private:
        friend class fleet_watch;
        fleet_watch& watch_;
        acknowledgement_wait what_;
        std::uint64_t first_reading_ = 0; ///< those before it began before the wait
        std::uint64_t times_shut_ = 0;    ///< the fence, when the wait began
        std::coroutine_handle<> frame_;
    };

    /// What follows may be null; otherwise it must outlive this.
    fleet_watch(boost::asio::io_context& loop, write_queue& queue, const identity_fence* fence)
        : queue_(queue), fence_(fence), timer_(loop) {}

    /// `co_await` ends when the wait is over.
    waiting wait(acknowledgement_wait what) { return {*this, std::move(what)}; }
    /// Ends all waits. The queue must be stopped after it.
    void stop();

  private:
    void add(waiting&);
    void read();
    static core::detached read(std::shared_ptr<fleet_watch>);
    static core::detached wake_nodes(std::shared_ptr<fleet_watch>);
    void take(const std::optional<fleet_reading>&);
    void end_those_that_are_over();
    void keep_time();

    std::uint64_t times_shut() const noexcept { return fence_ ? fence_->times_shut() : 0; }

    write_queue& queue_;
    const identity_fence* fence_;
    boost::asio::steady_timer timer_;
    std::vector<waiting*> waiting_;
    std::uint64_t readings_ = 0; ///< begun
    core::milliseconds pause_{};
    core::steady_time wake_at_ = core::steady_time::max();
    bool reading_ = false;
    bool ticking_ = false;
    bool stopping_ = false;
};

} // namespace latchkey::pg

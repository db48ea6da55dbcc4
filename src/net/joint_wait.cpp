#include <latchkey/net/joint_wait.hpp>

#include <latchkey/net/deadline_wheel.hpp>
#include <latchkey/net/epoll_set.hpp>

#include <boost/asio/detail/epoll_reactor.hpp>
#include <boost/asio/detail/scheduler.hpp>
#include <boost/asio/detail/scheduler_task.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/version.hpp>

#include <cerrno>
#include <system_error>
#include <utility>

namespace latchkey::net {

namespace {

namespace detail = boost::asio::detail;
using operations = detail::op_queue<detail::scheduler_operation>;

// An explicit instantiation may name private members ([temp.spec.general]/6).
template <class Tag, typename Tag::type Member>
struct reveal {
    friend typename Tag::type member(Tag) { return Member; }
};
struct task_of_scheduler {
    using type = detail::scheduler_task* detail::scheduler::*;
    friend type member(task_of_scheduler);
};
struct epoll_of_reactor {
    using type = int detail::epoll_reactor::*;
    friend type member(epoll_of_reactor);
};
struct timer_of_reactor {
    using type = int detail::epoll_reactor::*;
    friend type member(timer_of_reactor);
};
template struct reveal<task_of_scheduler, &detail::scheduler::task_>;
template struct reveal<epoll_of_reactor, &detail::epoll_reactor::epoll_fd_>;
template struct reveal<timer_of_reactor, &detail::epoll_reactor::timer_fd_>;
static_assert(BOOST_VERSION == 108100, "the members that stand here are those of Boost 1.81");

// Notes that the reactor has something to do.
class loop_events final : public watched {
  public:
    void ready(std::uint32_t) override { seen_ = true; }
    bool take() noexcept { return std::exchange(seen_, false); }

  private:
    bool seen_ = false;
};

} // namespace

struct joint_wait::task final : detail::scheduler_task {
    task(boost::asio::io_context& loop, epoll_set& s, deadline_wheel& w)
        : set(s),
          wheel(w),
          reactor(boost::asio::use_service<detail::epoll_reactor>(loop)),
          scheduler(boost::asio::use_service<detail::scheduler>(loop)) {
        // Without a timer descriptor, Asio would have to be asked for the next time-out.
        if (reactor.*member(timer_of_reactor{}) < 0 ||
            !set.watch_set(reactor.*member(epoll_of_reactor{}), events))
            throw std::system_error(errno, std::generic_category(), "the loop's descriptors");
        reactor.init_task();
        scheduler.*member(task_of_scheduler{}) = this;
    }
    ~task() {
        scheduler.*member(task_of_scheduler{}) = &reactor;
        set.leave_set(reactor.*member(epoll_of_reactor{}), events);
    }

    // Asio calls this when it has run all handlers that were ready. `usec` is 0 if others have
    // become ready meanwhile, and negative if it may wait for as long as it takes. (It is positive
    // in run_for() and the like, which do not wait here: they ask again until their time is over.)
    void run(long usec, operations& ops) override {
        const bool waits = usec < 0 && !set.has_more();
        set.collect(waits ? epoll_set::patience::for_an_event : epoll_set::patience::none);
        // An operation that arrived while the loop was delayed has all of its time from here on.
        wheel.advance(core::steady_now());
        set.deliver_collected();
        if (events.take()) reactor.run(0, ops);
    }
    void interrupt() override { reactor.interrupt(); }

    epoll_set& set;
    deadline_wheel& wheel;
    detail::epoll_reactor& reactor;
    detail::scheduler& scheduler;
    loop_events events;
};

joint_wait::joint_wait(boost::asio::io_context& loop, epoll_set& set, deadline_wheel& wheel)
    : task_(std::make_unique<task>(loop, set, wheel)) {}

joint_wait::~joint_wait() = default;

} // namespace latchkey::net

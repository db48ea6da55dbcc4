#include <latchkey/net/epoll_pump.hpp>

#include <latchkey/net/deadline_wheel.hpp>
#include <latchkey/net/epoll_set.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>

namespace latchkey::net {

namespace asio = boost::asio;

namespace {

constexpr std::size_t events_per_turn = 64;

} // namespace

struct epoll_pump::shell {
    shell(asio::io_context& l, epoll_set& s, deadline_wheel& w)
        : loop(l), set(s), wheel(w), descriptor(l, s.descriptor()) {
        set.on_deferred = [this] { asio::post(loop, [this] { deliver_deferred(); }); };
        wait();
    }
    ~shell() {
        set.on_deferred = nullptr;
        descriptor.release();
    }

    void wait() {
        descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                              [this](boost::system::error_code cancelled) {
                                  if (!cancelled) deliver();
                              });
    }
    std::size_t deliver_now() {
        wheel.advance(core::steady_now());
        return set.deliver();
    }
    // Waiting costs one more system call, and so does a turn of the loop: so it delivers until the
    // set is quiet, or until the rest of the loop has waited long enough.
    void deliver() {
        for (std::size_t delivered = 0; delivered < events_per_turn;) {
            const auto found = deliver_now();
            if (found == 0 || (found == 1 && !set.has_more())) return wait();
            delivered += found;
        }
        asio::post(loop, [this] { deliver(); });
    }

    // Delivers turns that were deferred elsewhere in the loop. It does not touch the wait for the
    // set.
    void deliver_deferred() {
        for (std::size_t delivered = 0; delivered < events_per_turn && set.has_more();)
            delivered += deliver_now();
        if (set.has_more()) asio::post(loop, [this] { deliver_deferred(); });
    }

    asio::io_context& loop;
    epoll_set& set;
    deadline_wheel& wheel;
    asio::posix::basic_stream_descriptor<asio::io_context::executor_type> descriptor;
};

epoll_pump::epoll_pump(asio::io_context& loop, epoll_set& set, deadline_wheel& wheel)
    : shell_(std::make_unique<shell>(loop, set, wheel)) {}

epoll_pump::~epoll_pump() = default;

} // namespace latchkey::net

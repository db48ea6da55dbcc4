#include <latchkey/net/joint_wait.hpp>

#include <latchkey/net/deadline_wheel.hpp>
#include <latchkey/net/epoll_set.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

using namespace latchkey;
namespace asio = boost::asio;

namespace {

struct pair {
    pair() {
        BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()) == 0);
    }
    ~pair() {
        ::close(fds[0]);
        ::close(fds[1]);
    }
    int near() const { return fds[0]; }
    void say() const { BOOST_REQUIRE(::send(fds[1], "x", 1, 0) == 1); }
    std::array<int, 2> fds{};
};

struct listener final : net::watched {
    std::function<void(std::uint32_t)> then;
    void ready(std::uint32_t events) override { then(events); }
};

struct fixture {
    asio::io_context loop{1};
    net::epoll_set set;
    net::deadline_wheel wheel{core::steady_now()};
    net::joint_wait wait{loop, set, wheel};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(joint_wait, fixture)

BOOST_AUTO_TEST_CASE(a_loop_without_work_ends) {
    BOOST_TEST(loop.run() == 0u);
}

BOOST_AUTO_TEST_CASE(events_of_the_set_reach_their_objects) {
    const pair ends;
    listener who;
    int readable = 0;
    const auto guard = asio::make_work_guard(loop);
    who.then = [&](std::uint32_t events) {
        if (!(events & EPOLLIN)) return ends.say();
        ++readable;
        loop.stop();
    };
    BOOST_REQUIRE(set.watch(ends.near(), who));
    loop.run();
    BOOST_TEST(readable == 1);
    set.forget(who);
}

BOOST_AUTO_TEST_CASE(handlers_and_events_cause_each_other) {
    const pair ends;
    listener who;
    std::vector<int> order;
    const auto guard = asio::make_work_guard(loop);
    who.then = [&](std::uint32_t events) {
        if (!(events & EPOLLIN)) return;
        char byte;
        BOOST_REQUIRE(::recv(ends.near(), &byte, 1, 0) == 1);
        asio::post(loop, [&] {
            order.push_back(static_cast<int>(order.size()));
            if (order.size() == 1000) return loop.stop();
            ends.say();
        });
    };
    BOOST_REQUIRE(set.watch(ends.near(), who));
    asio::post(loop, [&] { ends.say(); });
    loop.run();
    BOOST_TEST(order.size() == 1000u);
    set.forget(who);
}

BOOST_AUTO_TEST_CASE(posts_of_other_threads_wake_it) {
    const auto guard = asio::make_work_guard(loop);
    std::atomic<int> heard{0};
    std::jthread other([&] {
        for (int i = 1; i <= 1000; ++i) {
            asio::post(loop, [&] {
                ++heard;
                heard.notify_one();
            });
            // One by one, so that it is about to wait again each time.
            for (int now = heard; now < i; now = heard)
                heard.wait(now);
        }
        asio::post(loop, [&] { loop.stop(); });
    });
    loop.run();
    BOOST_TEST(heard == 1000);
}

BOOST_AUTO_TEST_CASE(timers_and_descriptors_of_the_loop_go_on) {
    const pair ends;
    asio::posix::stream_descriptor asio_side(loop, ::dup(ends.near()));
    asio::steady_timer timer(loop, std::chrono::milliseconds(1));
    char byte = 0;
    std::size_t got = 0;
    asio_side.async_read_some(asio::buffer(&byte, 1),
                              [&](boost::system::error_code, std::size_t n) { got = n; });
    bool fired = false;
    timer.async_wait([&](boost::system::error_code cancelled) {
        fired = !cancelled;
        ends.say();
    });
    loop.run(); // until both have ended
    BOOST_TEST(fired);
    BOOST_TEST(got == 1u);
    BOOST_TEST(byte == 'x');
}

// More than Asio's reactor takes at once: none is left behind.
BOOST_AUTO_TEST_CASE(many_descriptors_of_the_loop_are_ready_at_once) {
    constexpr std::size_t many = 400;
    std::vector<pair> pairs(many);
    std::vector<asio::posix::stream_descriptor> descriptors;
    std::vector<char> bytes(many);
    std::size_t heard = 0;
    for (std::size_t i = 0; i < many; ++i) {
        auto& one = descriptors.emplace_back(loop, ::dup(pairs[i].near()));
        one.async_read_some(asio::buffer(&bytes[i], 1),
                            [&](boost::system::error_code, std::size_t n) { heard += n; });
        pairs[i].say();
    }
    loop.run();
    BOOST_TEST(heard == many);
}

BOOST_AUTO_TEST_CASE(a_deferred_turn_comes_though_nothing_else_happens) {
    const auto guard = asio::make_work_guard(loop);
    listener who;
    int turns = 0;
    who.then = [&](std::uint32_t events) {
        BOOST_TEST(events == 0u);
        if (++turns == 3) return loop.stop();
        set.defer(who);
    };
    asio::post(loop, [&] { set.defer(who); });
    loop.run();
    BOOST_TEST(turns == 3);
}

// The set is never quiet; the loop's handlers get their turns all the same, and the reverse.
BOOST_AUTO_TEST_CASE(neither_side_starves_the_other) {
    const pair ends;
    listener who;
    const auto guard = asio::make_work_guard(loop);
    int events = 0;
    int handlers = 0;
    const auto enough = [&] {
        if (events > 1000 && handlers > 1000) loop.stop();
    };
    who.then = [&](std::uint32_t) {
        ++events;
        set.defer(who);
        enough();
    };
    std::function<void()> again = [&] {
        ++handlers;
        asio::post(loop, again);
        enough();
    };
    BOOST_REQUIRE(set.watch(ends.near(), who));
    asio::post(loop, again);
    loop.run();
    BOOST_TEST(events > 1000);
    BOOST_TEST(handlers > 1000);
    set.forget(who);
}

BOOST_AUTO_TEST_CASE(the_reactor_has_its_place_back_afterwards) {
    asio::io_context other{1};
    { const net::joint_wait one(other, set, wheel); }
    bool ran = false;
    asio::steady_timer timer(other, std::chrono::milliseconds(1));
    timer.async_wait([&](boost::system::error_code) { ran = true; });
    other.run();
    BOOST_TEST(ran);
}

BOOST_AUTO_TEST_SUITE_END()

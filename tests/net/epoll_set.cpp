#include <latchkey/net/epoll_set.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

using namespace latchkey;

namespace {

struct listener final : net::watched {
    int calls = 0;
    std::uint32_t seen = 0;
    std::function<void()> then;
    void ready(std::uint32_t events) override {
        ++calls;
        seen |= events;
        if (then) then();
    }
};

// Two ends of a connection; the set watches `near` and calls `who`.
struct connection {
    explicit connection(net::epoll_set& s) : set(s) {
        std::array<int, 2> ends{};
        BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
        near = ends[0];
        far = ends[1];
        BOOST_REQUIRE(set.watch(near, who));
    }
    ~connection() {
        set.forget(who);
        ::close(near);
        if (far >= 0) ::close(far);
    }
    void say() const { BOOST_REQUIRE(::send(far, "x", 1, 0) == 1); }

    net::epoll_set& set;
    listener who;
    int near = -1;
    int far = -1;
};

} // namespace

BOOST_AUTO_TEST_SUITE(epoll_set)

BOOST_AUTO_TEST_CASE(tells_once_of_each_change) {
    net::epoll_set set;
    connection c(set);
    BOOST_TEST(set.deliver() == 1u); // its present state: writable
    BOOST_TEST(c.who.seen == static_cast<std::uint32_t>(EPOLLOUT));
    BOOST_TEST(set.deliver() == 0u);
    c.say();
    BOOST_TEST(set.deliver() == 1u);
    BOOST_TEST((c.who.seen & EPOLLIN) != 0u);
    // The change was told once; the set does not tell it again, even if nothing was read.
    BOOST_TEST(set.deliver() == 0u);
    c.say();
    BOOST_TEST(set.deliver() == 1u);
}

BOOST_AUTO_TEST_CASE(tells_of_the_end) {
    net::epoll_set set;
    connection c(set);
    ::close(std::exchange(c.far, -1));
    BOOST_TEST(set.deliver() == 1u);
    BOOST_TEST((c.who.seen & EPOLLRDHUP) != 0u);
}

BOOST_AUTO_TEST_CASE(who_ends_during_a_delivery_is_told_nothing_more) {
    net::epoll_set set;
    connection one(set), two(set);
    set.deliver();
    // The one that is called first ends the other.
    one.who.then = [&] { set.forget(two.who); };
    two.who.then = [&] { set.forget(one.who); };
    one.who.calls = two.who.calls = 0;
    one.say();
    two.say();
    set.deliver();
    BOOST_TEST(one.who.calls + two.who.calls == 1);
}

BOOST_AUTO_TEST_CASE(who_defers_itself_comes_after_the_others) {
    net::epoll_set set;
    connection one(set), two(set);
    set.deliver();
    one.who.calls = two.who.calls = 0;
    set.defer(one.who);
    BOOST_TEST(set.has_more());
    two.say();
    two.who.then = [&] { BOOST_TEST(one.who.calls == 0); };
    BOOST_TEST(set.deliver() == 2u);
    BOOST_TEST(one.who.calls == 1);
    BOOST_TEST(!set.has_more());
    // An object that defers itself within its turn waits for the next delivery.
    one.who.then = [&] { set.defer(one.who); };
    set.defer(one.who);
    BOOST_TEST(set.deliver() == 1u);
    BOOST_TEST(set.has_more());
    BOOST_TEST(one.who.calls == 2);
    one.who.then = nullptr;
}

// The next delivery may be long off, so the set asks for one.
BOOST_AUTO_TEST_CASE(who_defers_itself_elsewhere_asks_for_a_delivery) {
    struct counting final : net::watched {
        int told = 0;
        void ready(std::uint32_t) override { ++told; }
    } a, b;
    net::epoll_set set;
    int asked = 0;
    set.on_deferred = [&] { ++asked; };
    set.defer(a);
    set.defer(b);
    BOOST_TEST(asked == 1);
    set.deliver();
    BOOST_TEST(a.told == 1);
    BOOST_TEST(b.told == 1);
    set.defer(a);
    BOOST_TEST(asked == 2);
    set.deliver();
}

BOOST_AUTO_TEST_CASE(who_ends_while_deferred_is_forgotten) {
    net::epoll_set set;
    listener gone, other;
    set.defer(gone);
    set.defer(other);
    set.forget(gone);
    BOOST_TEST(set.deliver() == 1u);
    BOOST_TEST(gone.calls == 0);
    // This also holds if another object's turn ends it.
    other.then = [&] { set.forget(gone); };
    set.defer(other);
    set.defer(gone);
    set.deliver();
    BOOST_TEST(gone.calls == 0);
}

BOOST_AUTO_TEST_CASE(more_than_one_batch_is_ready) {
    net::epoll_set set;
    std::vector<std::unique_ptr<connection>> many;
    for (int i = 0; i < 300; ++i)
        many.push_back(std::make_unique<connection>(set));
    std::size_t told = 0;
    while (const auto n = set.deliver())
        told += n;
    BOOST_TEST(told == many.size());
}

BOOST_AUTO_TEST_SUITE_END()

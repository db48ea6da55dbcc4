#include "../support/no_log.hpp"

#include <latchkey/http/service.hpp>
#include <latchkey/http/start_session.hpp>

#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

struct echo final : http::application {
    void handle(http::exchange& ex) override {
        const std::string large(ex.request.path == "/large" ? 200'000 : 0, 'x');
        ex.answer(200, "text/plain", large.empty() ? ex.request.body : large);
    }
};

// A worker without its loop: the test delivers what is ready and sets the time.
struct worker {
    echo app;
    test::no_log log;
    core::steady_time now{1h};
    http::service service{http::configuration{}, app, "public", log, 1, now};

    void turn() {
        for (int i = 0; i < 10; ++i)
            service.ready.deliver();
    }
    // Deadlines that have passed are noticed before bytes that have arrived.
    void pass(core::milliseconds time) {
        now += time;
        service.advance(now, std::chrono::system_clock::now());
        while (service.tell_late()) {
        }
    }
};

struct client {
    explicit client(worker& w) : at(w) {
        std::array<int, 2> ends{};
        BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
        fd = ends[1];
        http::start_session(ends[0], at.service);
    }
    ~client() { ::close(fd); }
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    void say(std::string_view bytes) const {
        BOOST_REQUIRE(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                      static_cast<ssize_t>(bytes.size()));
    }
    std::string hear() const {
        at.turn();
        std::string room(65536, '\0');
        const auto n = ::recv(fd, room.data(), room.size(), 0);
        room.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        return room;
    }
    bool has_ended() const {
        char none = 0;
        return ::recv(fd, &none, 1, 0) == 0;
    }

    worker& at;
    int fd = -1;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(session, worker)

// The server itself may be late.
BOOST_AUTO_TEST_CASE(what_is_here_when_its_deadline_passes_is_answered) {
    constexpr struct {
        std::string_view first;
        std::string_view rest;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n", "\r\n"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab", "cde"},
        {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab",
         "\r\n0\r\n\r\n"},
    };
    for (const auto& [first, rest] : cases)
        BOOST_TEST_CONTEXT(first) {
            client c(*this);
            c.say(first);
            turn();
            c.say(rest);
            pass(11s);
            BOOST_TEST(c.hear().starts_with("HTTP/1.1 200 OK\r\n"));
            // The next request has its full time.
            c.say("GET / HTTP/1.1\r\n");
            turn();
            pass(4s);
            c.say("Host: a\r\n\r\n");
            BOOST_TEST(c.hear().starts_with("HTTP/1.1 200 OK\r\n"));
        }
}

BOOST_AUTO_TEST_CASE(a_part_of_what_is_late_puts_nothing_off) {
    for (const std::string_view first : {"GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\nHost: a\r\n"
                                                               "Content-Length: 5\r\n\r\n"})
        BOOST_TEST_CONTEXT(first) {
            client c(*this);
            c.say(first);
            turn();
            c.say("a");
            pass(11s);
            BOOST_TEST(c.hear().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
        }
}

BOOST_AUTO_TEST_CASE(a_refusal_before_the_body_is_whole_keeps_the_request_id) {
    client c(*this);
    c.say("POST / HTTP/1.1\r\nHost: a\r\nX-Request-Id: mine\r\nContent-Length: 5\r\n\r\nab");
    turn();
    pass(11s);
    const auto heard = c.hear();
    BOOST_TEST(heard.starts_with("HTTP/1.1 408 Request Timeout\r\n"));
    BOOST_TEST(heard.find("X-Request-Id: mine\r\n") != heard.npos);
}

BOOST_AUTO_TEST_CASE(an_answer_for_which_there_is_no_memory_is_not_begun) {
    constexpr std::string_view ask = "GET /large HTTP/1.1\r\nHost: a\r\nX-Request-Id: mine\r\n\r\n";
    client first(*this);
    first.say(ask);
    BOOST_TEST(first.hear().starts_with("HTTP/1.1 200 OK\r\n"));
    service.buffer_bytes_max = 100'000;
    client second(*this);
    second.say(ask);
    const auto heard = second.hear();
    BOOST_TEST(heard.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    BOOST_TEST(heard.find("X-Request-Id: mine\r\n") != heard.npos);
    BOOST_TEST(heard.find("server.buffer_bytes_max") != heard.npos);
    BOOST_TEST(heard.find("200 OK") == heard.npos);
}

BOOST_AUTO_TEST_CASE(a_header_that_is_late_is_no_request_of_the_method_before) {
    client c(*this);
    c.say("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    BOOST_TEST(c.hear().ends_with("\r\n\r\n"));
    c.say("G");
    turn();
    pass(6s);
    const auto heard = c.hear();
    BOOST_TEST(heard.starts_with("HTTP/1.1 408 Request Timeout\r\n"));
    BOOST_TEST(heard.find("server.header_timeout") != heard.npos);
}

// Its client may believe that it is still open, and a request may be on its way.
BOOST_AUTO_TEST_CASE(a_connection_that_was_used_ends_in_an_orderly_way_after_its_rest) {
    client c(*this);
    c.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    BOOST_TEST(c.hear().starts_with("HTTP/1.1 200 OK\r\n"));
    pass(74s);
    BOOST_TEST(!c.has_ended());
    pass(2s);
    BOOST_TEST(c.has_ended());
    BOOST_TEST(service.metrics.connections.value() == 1);
    pass(1s);
    c.say("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    turn();
    BOOST_TEST(service.metrics.connections.value() == 1);
    pass(2s);
    BOOST_TEST(service.metrics.connections.value() == 0);
}

BOOST_AUTO_TEST_CASE(a_connection_that_never_spoke_is_cut) {
    client c(*this);
    turn();
    pass(4s);
    BOOST_TEST(!c.has_ended());
    pass(2s);
    BOOST_TEST(c.has_ended());
    BOOST_TEST(service.metrics.connections.value() == 0);
}

// From the accept to the end of the first header, one deadline counts.
BOOST_AUTO_TEST_CASE(the_first_header_has_no_more_time_than_silence) {
    client c(*this);
    turn();
    pass(4s);
    c.say("G");
    turn();
    pass(2s);
    BOOST_TEST(c.hear().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_is_cut) {
    client c(*this);
    for (int i = 0; i < 10; ++i)
        c.say("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    turn();
    BOOST_TEST(service.metrics.connections.value() == 1);
    // It takes something now and then, which puts nothing off.
    pass(9s);
    c.hear();
    pass(2s);
    BOOST_TEST(service.metrics.connections.value() == 0);
    BOOST_TEST(service.metrics.buffer_bytes.value() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

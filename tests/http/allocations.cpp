// An ordinary request must allocate nothing: this counts every call of operator new in the program.
#include "../support/no_log.hpp"
#include "http/head_scanner.hpp"
#include "http/request_parser.hpp"

#include <latchkey/http/exchange.hpp>
#include <latchkey/http/json_body.hpp>
#include <latchkey/http/service.hpp>
#include <latchkey/http/start_session.hpp>

#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

namespace {

thread_local std::size_t calls_of_new = 0;

} // namespace

// g++ inlines one of the two functions but not the other, and then warns that they do not match.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

void* operator new(std::size_t size) {
    ++calls_of_new;
    if (void* p = std::malloc(size ? size : 1)) return p;
    throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
    std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
    std::free(p);
}

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

struct echo final : http::application {
    void handle(http::exchange& ex) override { ex.answer(200, "text/plain", ex.request.body); }
};

// A connection without its worker's loop, and its client.
struct connected {
    connected() {
        BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
        http::start_session(ends[0], service);
        service.ready.deliver();
    }
    ~connected() { ::close(ends[1]); }
    connected(const connected&) = delete;
    connected& operator=(const connected&) = delete;

    void say(std::string_view bytes) {
        BOOST_REQUIRE(::send(ends[1], bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                      static_cast<ssize_t>(bytes.size()));
        service.ready.deliver();
    }
    // Returns how many bytes were received by one call: what the server has sent by one call, at
    // least.
    std::size_t hear() {
        const auto n = ::recv(ends[1], heard.data(), heard.size(), 0);
        return n > 0 ? static_cast<std::size_t>(n) : 0;
    }

    echo app;
    test::no_log log;
    http::service service{http::configuration{}, app, "public", log, 1, core::steady_time{1h}};
    std::array<int, 2> ends{};
    std::array<char, 65536> heard{};
};

struct nobody final : http::waker {
    void wake() override {}
};

constexpr std::array<http::json_field, 2> fields = {
    {{"api_key", http::json_kind::text, true}, {"scopes", http::json_kind::texts}}};

} // namespace

BOOST_AUTO_TEST_SUITE(allocations)

BOOST_AUTO_TEST_CASE(an_ordinary_request_allocates_nothing) {
    const std::string body =
        R"({"api_key":"lk_live_0123456789012345678901234567890123456","scopes":["devices:read"]})";
    const std::string head = "POST /api/v1/auth/verify-api-key HTTP/1.1\r\nHost: localhost:8080\r\n"
                             "User-Agent: a-client/1.0\r\nAccept: */*\r\n"
                             "Content-Type: application/json\r\nContent-Length: 86\r\n\r\n";
    const std::string bytes = head + body;
    const http::configuration limits;
    const http::answer_terms terms{"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", false};
    http::json_body json;
    nobody connection;
    std::string out;
    // What a connection and a worker keep is allocated by the first request.
    for (int round = 0; round < 3; ++round) {
        out.clear();
        const auto before = calls_of_new;
        http::head_scanner scanner;
        http::request request;
        const auto found = scanner.scan(bytes, limits);
        const auto refused = http::parse_request(head, limits, request);
        const auto malformed = json.read(body, fields);
        http::exchange ex(request, "0123456789abcdef0123456789abcdef", out, terms, false,
                          connection);
        ex.answer(200, http::json_type, body, "X-Auth-Cache: none\r\n");
        const auto counted = calls_of_new - before;
        BOOST_TEST((found == http::head_scanner::outcome::complete));
        BOOST_TEST(!refused);
        BOOST_TEST(!malformed);
        if (round > 0) BOOST_TEST(counted == 0u);
    }
}

BOOST_AUTO_TEST_CASE(a_connection_allocates_nothing_for_each_request) {
    const std::string one = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\ngood";
    connected c;
    for (const auto& requests : {one, one + one + one}) {
        for (int round = 0; round < 3; ++round) {
            const auto before = calls_of_new;
            c.say(requests);
            const auto counted = calls_of_new - before;
            BOOST_TEST(c.hear() > 0u);
            if (round > 0) BOOST_TEST(counted == 0u);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_piece_of_a_body_allocates_nothing) {
    constexpr struct {
        std::string_view framing;
        std::string_view piece;
        std::string_view end;
    } cases[] = {{"Content-Length: 40", "x", ""},
                 {"Transfer-Encoding: chunked", "1\r\nx\r\n", "0\r\n\r\n"}};
    for (const auto& [framing, piece, end] : cases)
        BOOST_TEST_CONTEXT(framing) {
            connected c;
            c.say("POST / HTTP/1.1\r\nHost: a\r\n" + std::string(framing) + "\r\n\r\n");
            // A chunked body grows by doubling: these make room for those after them.
            for (int i = 0; i < 20; ++i)
                c.say(piece);
            const auto before = calls_of_new;
            for (int i = 20; i < 39; ++i)
                c.say(piece);
            const auto counted = calls_of_new - before;
            c.say(std::string(piece) + std::string(end));
            BOOST_TEST(c.hear() > 0u);
            BOOST_TEST(counted <= 1u);
        }
}

BOOST_AUTO_TEST_SUITE_END()

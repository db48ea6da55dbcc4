// What a connection does after a refused request: which refusals it survives, and which of several
// faults is reported. All of it whole, and cut at every byte.
#include "../support/no_log.hpp"

#include <latchkey/http/router.hpp>
#include <latchkey/http/service.hpp>
#include <latchkey/http/start_session.hpp>

#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

using namespace latchkey;
using namespace std::chrono_literals;
using http::exchange;
using http::method;

namespace {

struct desk final : http::application {
    void handle(exchange&) override;
    std::optional<http::refusal> objection(const http::request&) const override;
    http::body_bound bound_of(const http::request&) const override;
};

void read(exchange& ex, desk&) {
    if (ex.request.body != "good") return ex.refuse(400, "it is not good");
    ex.answer(200, "text/plain", "read");
}
void take(exchange& ex, desk&) {
    ex.answer(200, "text/plain", "took " + std::to_string(ex.request.body.size()));
}
constexpr http::body_bound long_body{&http::configuration::long_body_bytes_max, "a.setting"};
constexpr std::array<http::route<desk>, 4> routes = {
    {{method::post, "/read", read, ""},
     {method::post, "/take", take, "", true},
     {method::post, "/long", take, "", false, long_body},
     {method::get, "/", take, ""}}};
constexpr http::router<desk, routes.size()> table(routes);

void desk::handle(exchange& ex) {
    table.handle(ex, *this);
}
std::optional<http::refusal> desk::objection(const http::request& r) const {
    return table.objection(r);
}
http::body_bound desk::bound_of(const http::request& r) const {
    return table.bound_of(r);
}

// A worker without its loop: the test delivers what is ready.
struct worker {
    desk app;
    test::no_log log;
    http::service service{limits(), app, "public", log, 1, core::steady_time{1h}};

    static http::configuration limits() {
        http::configuration out;
        out.body_bytes_max = 100;
        out.long_body_bytes_max = 200;
        return out;
    }
    void turn() {
        for (int i = 0; i < 10; ++i)
            service.ready.deliver();
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
        at.turn();
    }
    // The end of the connection appears as a "." at the end.
    std::string hear() const {
        std::string all(65536, '\0');
        const auto n = ::recv(fd, all.data(), all.size(), 0);
        all.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        char more = 0;
        if (::recv(fd, &more, 1, 0) == 0) all += '.';
        return all;
    }

    worker& at;
    int fd = -1;
};

// Returns the status of each answer, and "." if the connection has ended.
std::string statuses(std::string_view heard) {
    std::string out;
    for (auto at = heard.find("HTTP/1.1 "); at != heard.npos; at = heard.find("HTTP/1.1 ", at + 1))
        out += (out.empty() ? "" : " ") + std::string(heard.substr(at + 9, 3));
    return heard.ends_with('.') ? out + "." : out;
}

std::string post(std::string_view path, std::string_view fields, std::string_view body = {}) {
    return "POST " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n" +
           std::string(body);
}
std::string with_length(std::string_view path, std::string_view body) {
    return post(path, "Content-Length: " + std::to_string(body.size()) + "\r\n", body);
}
const std::string good = with_length("/read", "good");
const std::string marker = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

struct story {
    const char* name;
    std::string requests; ///< without the marker after them
    const char* answers;
};

const std::vector<story> stories = {
    {"a refused body", with_length("/read", "bad!"), "400 200"},
    {"between good ones", good + with_length("/read", "bad!") + good, "200 400 200 200"},
    {"many in a row", with_length("/read", "1") + with_length("/read", "2") + good,
     "400 400 200 200"},
    {"an empty body", with_length("/read", ""), "400 200"},
    {"a refused body in chunks",
     post("/read", "Transfer-Encoding: chunked\r\n", "2\r\nba\r\n2 ; a=\"b\"\r\nd!\r\n0\r\n\r\n"),
     "400 200"},
    {"the marker as a body",
     post("/read", "Content-Length: " + std::to_string(marker.size()) + "\r\n", marker), "400 200"},
    {"an unknown path", with_length("/nowhere", "good"), "404 200"},
    {"an unknown path, without a length", post("/nowhere", ""), "404 200"},
    {"an unknown path, with another coding",
     post("/nowhere", "Content-Encoding: gzip\r\nContent-Length: 4\r\n", "good"), "404 200"},
    {"an unknown path, with too long a body", post("/nowhere", "Content-Length: 101\r\n"), "404."},
    {"an unknown path, with too long a body in chunks",
     post("/nowhere", "Transfer-Encoding: chunked\r\n", "65\r\n"), "404."},
    {"an unknown path, with an unknown expectation",
     post("/nowhere", "Expect: more\r\nContent-Length: 4\r\n", "good"), "404."},
    {"an unknown path, framed twice",
     post("/nowhere", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "good"), "400."},
    {"an unknown path, with a coding that is not understood",
     post("/nowhere", "Transfer-Encoding: gzip, chunked\r\n", "good"), "501."},
    {"an unknown path, with bad chunks",
     post("/nowhere", "Transfer-Encoding: chunked\r\n", "x\r\n"), "400."},
    {"another method", "PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\ngood", "405 200"},
    {"another method, without a length", "PUT /read HTTP/1.1\r\nHost: a\r\n\r\n", "405 200"},
    {"another method, with too long a body",
     "PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n", "405."},
    {"a method in small letters", "post /read HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\ngood",
     "405 200"},
    {"too long a body", post("/read", "Content-Length: 101\r\n"), "413."},
    {"a long body, where one may be",
     post("/long", "Content-Length: 200\r\n", std::string(200, 'x')), "200 200"},
    {"too long a body even there", post("/long", "Content-Length: 201\r\n"), "413."},
    {"too long a body in chunks even there",
     post("/long", "Transfer-Encoding: chunked\r\n", "c9\r\n"), "413."},
    {"a long body, by another method",
     "PUT /long HTTP/1.1\r\nHost: a\r\nContent-Length: 150\r\n\r\n", "405."},
    {"too long a body in chunks", post("/read", "Transfer-Encoding: chunked\r\n", "65\r\n"),
     "413."},
    {"no length, where a body is needed", post("/read", ""), "411."},
    {"no length, where none is needed", post("/take", ""), "200 200"},
    {"no length, by an URL", post("http://a/take", ""), "200 200"},
    {"another coding", post("/read", "Content-Encoding: gzip\r\nContent-Length: 4\r\n", "good"),
     "415 200"},
    {"another coding of nothing", post("/take", "Content-Encoding: gzip\r\n"), "200 200"},
    {"an unknown expectation", post("/read", "Expect: more\r\nContent-Length: 4\r\n", "good"),
     "417."},
    {"OPTIONS", "OPTIONS /read HTTP/1.1\r\nHost: a\r\n\r\n", "204 200"},
    {"OPTIONS of all", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "204 200"},
    {"OPTIONS of an URL", "OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n", "204 200"},
    {"OPTIONS of an unknown path", "OPTIONS /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", "404 200"},
    {"OPTIONS with a body", "OPTIONS /read HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\ngood",
     "204 200"},
    {"OPTIONS with a body in chunks",
     "OPTIONS / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\n",
     "204 200"},
    {"HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "200 200"},
    {"HEAD of an unknown path", "HEAD /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", "404 200"},
    {"a trailer", post("/read", "Transfer-Encoding: chunked\r\n", "4\r\ngood\r\n0\r\nX: y\r\n\r\n"),
     "400."},
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(session_requests, worker)

BOOST_AUTO_TEST_CASE(whole_and_cut_at_every_byte) {
    for (const auto& s : stories) {
        const auto bytes = s.requests + marker;
        for (std::size_t cut = 0; cut < bytes.size(); ++cut)
            BOOST_TEST_CONTEXT(s.name << ", cut at " << cut) {
                client c(*this);
                if (cut > 0) c.say(bytes.substr(0, cut));
                c.say(bytes.substr(cut));
                BOOST_TEST(statuses(c.hear()) == s.answers);
            }
    }
}

BOOST_AUTO_TEST_CASE(byte_by_byte) {
    for (const auto& s : stories)
        BOOST_TEST_CONTEXT(s.name) {
            client c(*this);
            for (const char byte : s.requests + marker)
                c.say(std::string(1, byte));
            BOOST_TEST(statuses(c.hear()) == s.answers);
        }
}

// RFC 9110, section 10.1.1: a client that waits before sending its body is told at once if the
// request is refused.
BOOST_AUTO_TEST_CASE(what_would_be_sent_in_vain_is_not_asked_for) {
    struct {
        const char* name;
        std::string head;
        const char* answers;
    } const cases[] = {
        {"good", post("/read", "Expect: 100-continue\r\nContent-Length: 4\r\n"), "100"},
        {"good, in chunks", post("/read", "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n"),
         "100"},
        {"no body", post("/take", "Expect: 100-continue\r\n"), "200"},
        {"an unknown path", post("/nowhere", "Expect: 100-continue\r\nContent-Length: 4\r\n"),
         "404."},
        {"in chunks", post("/nowhere", "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n"),
         "404."},
        {"another method",
         "PUT /read HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n",
         "405."},
        {"too long a body", post("/read", "Expect: 100-continue\r\nContent-Length: 101\r\n"),
         "413."},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.name) {
            client waiting(*this);
            waiting.say(c.head);
            BOOST_TEST(statuses(waiting.hear()) == c.answers);
        }
}

BOOST_AUTO_TEST_CASE(a_refusal_tells_what_would_be_taken) {
    struct {
        std::string request;
        std::string_view has;
    } const cases[] = {
        {"PUT /read HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n",
         "Allow: POST, OPTIONS\r\n"},
        {"OPTIONS /read HTTP/1.1\r\nHost: a\r\n\r\n", "Allow: POST, OPTIONS\r\n"},
        {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "Allow: GET, HEAD, POST, OPTIONS\r\n"},
        {post("/read", "Content-Encoding: br\r\nContent-Length: 4\r\n", "good"),
         "Accept-Encoding: identity\r\n"},
        {post("/read", "Content-Encoding: br\r\nContent-Length: 4\r\n", "good"),
         "Content-Encoding is understood here"},
        {post("/nowhere", "X-Request-Id: mine\r\nContent-Length: 101\r\n"),
         "X-Request-Id: mine\r\n"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.request) {
            client one(*this);
            one.say(c.request);
            BOOST_TEST(one.hear().find(c.has) != std::string::npos);
        }
}

BOOST_AUTO_TEST_SUITE_END()

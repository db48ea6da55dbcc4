// A client that writes a request in pieces may hold the next one back until the last is
// acknowledged (Nagle's algorithm). The kernel's count of segments without data shows whether it
// is. No test reads a clock.
#include "../support/certificates.hpp"
#include "../support/loopback.hpp"
#include "../support/no_log.hpp"

#include <latchkey/http/service.hpp>
#include <latchkey/http/start_session.hpp>

#include <boost/test/unit_test.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <linux/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

struct echo final : http::application {
    void handle(http::exchange& ex) override { ex.answer(200, "text/plain", ex.request.body); }
};

// A worker without its loop: the test delivers what is ready.
struct worker {
    echo app;
    test::no_log log;
    http::service service{http::configuration{}, app, "public", log, 1, core::steady_time{1h}};

    void turn() {
        for (int i = 0; i < 10; ++i)
            service.ready.deliver();
    }
};

constexpr int patience_ms = 20'000;

// A loopback connection: `fd` is the client's end, `server` is the worker's.
struct client {
    explicit client(worker& w) : at(w), fd(::socket(AF_INET, SOCK_STREAM, 0)) {
        const int listening = ::socket(AF_INET, SOCK_STREAM, 0);
        const auto where = test::loopback(test::bind_to_free_port(listening));
        BOOST_REQUIRE(::listen(listening, 1) == 0);
        BOOST_REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0);
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        server = ::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK);
        BOOST_REQUIRE(server >= 0);
        ::close(listening);
        http::start_session(server, at.service);
    }
    ~client() { ::close(fd); }
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    /// Brings the connection into the state in which acknowledgements go with the answers, as after
    /// many requests and answers.
    void expect_answers() const {
        const int off = 0;
        ::setsockopt(server, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off);
    }
    /// Returns how many segments without data the server has sent.
    std::uint32_t bare_segments() const {
        tcp_info info{};
        socklen_t size = sizeof info;
        BOOST_REQUIRE(::getsockopt(server, IPPROTO_TCP, TCP_INFO, &info, &size) == 0);
        return info.tcpi_segs_out - info.tcpi_data_segs_out;
    }
    /// Sends bytes. On return, the worker has read them.
    void say(std::string_view bytes) const {
        BOOST_REQUIRE(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                      static_cast<ssize_t>(bytes.size()));
        pollfd readable{server, POLLIN, 0};
        BOOST_REQUIRE(::poll(&readable, 1, patience_ms) == 1);
        at.turn();
    }
    std::string hear() const {
        pollfd readable{fd, POLLIN, 0};
        BOOST_REQUIRE(::poll(&readable, 1, patience_ms) == 1);
        std::string room(65536, '\0');
        const auto n = ::recv(fd, room.data(), room.size(), 0);
        room.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        return room;
    }

    worker& at;
    int fd;
    int server = -1;
};

// A client with TLS. The test moves its records over the client's socket.
struct tls_client {
    explicit tls_client(const client& c)
        : socket(c), context(SSL_CTX_new(TLS_client_method())), ssl(SSL_new(context.get())) {
        SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_connect_state(ssl.get());
        while (SSL_do_handshake(ssl.get()) != 1) {
            const auto flight = taken();
            if (!flight.empty()) socket.say(flight);
            put(socket.hear());
        }
        socket.say(taken());
    }
    ~tls_client() { ERR_clear_error(); }

    /// Returns the bytes that it would send.
    std::string taken() const {
        std::string bytes(65536, '\0');
        const int n = BIO_read(SSL_get_wbio(ssl.get()), bytes.data(), 65536);
        bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        return bytes;
    }
    std::string sealed(std::string_view text) const {
        BOOST_REQUIRE(SSL_write(ssl.get(), text.data(), static_cast<int>(text.size())) > 0);
        return taken();
    }
    std::string hear() const {
        for (std::string text(65536, '\0');;) {
            const int n = SSL_read(ssl.get(), text.data(), 65536);
            if (n > 0) return text.substr(0, static_cast<std::size_t>(n));
            ERR_clear_error();
            put(socket.hear());
        }
    }
    void put(const std::string& bytes) const {
        BOOST_REQUIRE(!bytes.empty());
        BIO_write(SSL_get_rbio(ssl.get()), bytes.data(), static_cast<int>(bytes.size()));
    }

    const client& socket;
    std::unique_ptr<SSL_CTX, test::freed_by<SSL_CTX_free>> context;
    std::unique_ptr<SSL, test::freed_by<SSL_free>> ssl;
};

const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n";
const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

// Each piece but the last is acknowledged as soon as the worker has read it.
void check_pieces(const client& c, const std::vector<std::string>& pieces) {
    for (std::size_t i = 0; i + 1 < pieces.size(); ++i) {
        c.expect_answers();
        const auto before = c.bare_segments();
        c.say(pieces[i]);
        BOOST_TEST(c.bare_segments() > before);
    }
    c.say(pieces.back());
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(acknowledgements, worker)

BOOST_AUTO_TEST_CASE(what_comes_in_pieces_is_acknowledged_piece_by_piece) {
    const std::vector<std::vector<std::string>> cases = {
        {head, "abcd"},
        {head, "ab", "cd"},
        {head, "a", "b", "c", "d"},
        {head + "ab", "cd"},
        {"POST /", " HTTP/1.1\r\n", "Host: a\r\nContent-Length: 4\r\n\r\nabcd"},
        {"GET / HTTP/1.1\r\nHost: a\r\n", "\r\n"},
        {chunked, "4\r\nabcd\r\n0\r\n\r\n"},
        {chunked + "4\r\nab", "cd\r\n", "0\r\n", "\r\n"},
    };
    client c(*this);
    for (int round = 0; round < 3; ++round)
        for (const auto& pieces : cases)
            BOOST_TEST_CONTEXT(pieces.front() << " in " << pieces.size() << " pieces") {
                check_pieces(c, pieces);
                BOOST_TEST(c.hear().starts_with("HTTP/1.1 200 OK\r\n"));
            }
}

// Answers acknowledge what they answer. (If the machine is so slow that an answer takes 40 ms, one
// more segment is sent, but not each time.)
BOOST_AUTO_TEST_CASE(what_comes_whole_costs_no_segment_of_its_own) {
    constexpr std::uint32_t rounds = 200;
    client c(*this);
    c.expect_answers();
    const auto before = c.bare_segments();
    for (std::uint32_t i = 0; i < rounds; ++i) {
        c.say(head + "abcd");
        BOOST_TEST(c.hear().ends_with("\r\n\r\nabcd"));
    }
    BOOST_TEST(c.bare_segments() - before < rounds / 2);
}

// Only the pieces that must be acknowledged alone cost a segment.
BOOST_AUTO_TEST_CASE(the_last_piece_is_acknowledged_by_the_answer) {
    constexpr std::uint32_t rounds = 200;
    client c(*this);
    c.expect_answers();
    const auto before = c.bare_segments();
    for (std::uint32_t i = 0; i < rounds; ++i) {
        c.say(head);
        c.say("abcd");
        BOOST_TEST(c.hear().ends_with("\r\n\r\nabcd"));
    }
    BOOST_TEST(c.bare_segments() - before >= rounds);
    BOOST_TEST(c.bare_segments() - before < rounds + rounds / 2);
}

BOOST_AUTO_TEST_CASE(over_tls_too_and_within_a_record) {
    const test::certificate_authority authority;
    const auto pair = authority.issue("DNS:localhost");
    const auto shown = net::tls_credentials::parse(
        {pair.certificate_pem(), crypto::secret(pair.key_pem()), authority.pem()},
        std::chrono::system_clock::now());
    service.tls = {
        net::tls_context::make(shown.value(), {}, net::tls_ticket_keys::make().value()).value(), 5s,
        2};
    client c(*this);
    const tls_client tls(c);
    for (int round = 0; round < 3; ++round) {
        check_pieces(c, {tls.sealed(head), tls.sealed("ab"), tls.sealed("cd")});
        BOOST_TEST(tls.hear().ends_with("\r\n\r\nabcd"));
        const auto record = tls.sealed(head + "abcd");
        check_pieces(c, {record.substr(0, 3), record.substr(3, 20), record.substr(23)});
        BOOST_TEST(tls.hear().ends_with("\r\n\r\nabcd"));
    }
}

BOOST_AUTO_TEST_SUITE_END()

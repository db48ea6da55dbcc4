#include "../support/certificates.hpp"
#include "../support/no_log.hpp"

#include <latchkey/http/service.hpp>
#include <latchkey/http/start_session.hpp>

#include <boost/test/unit_test.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

// Answers with the subject of the client's certificate, and counts the requests.
struct who_is_it final : http::application {
    std::size_t asked = 0;
    void handle(http::exchange& ex) override {
        ++asked;
        std::string body = ex.client ? ex.client->subject : "nobody";
        if (ex.request.path == "/large") body.assign(8 << 20, 'x');
        ex.answer(200, "text/plain", body);
    }
};

// A worker without its loop: the test delivers what is ready and sets the time.
struct worker {
    test::certificate_authority authority;
    who_is_it app;
    test::no_log log;
    core::steady_time now{1h};
    std::size_t closed = 0;
    std::optional<http::service> service;

    worker() {
        service.emplace(http::configuration{}, app, "public", log, 1, now);
        service->on_closed = [this](int) { ++closed; };
        service->tls = {context({}), 5s, 2};
    }
    std::shared_ptr<const net::tls_context> context(const net::tls_rules& rules) const {
        const auto pair = authority.issue("DNS:localhost");
        const auto shown = net::tls_credentials::parse(
            {pair.certificate_pem(), crypto::secret(pair.key_pem()), authority.pem()},
            std::chrono::system_clock::now());
        return net::tls_context::make(shown.value(), rules, net::tls_ticket_keys::make().value())
            .value();
    }
    void turn() {
        for (int i = 0; i < 20; ++i)
            service->ready.deliver();
    }
    void pass(core::milliseconds time) {
        now += time;
        service->advance(now, std::chrono::system_clock::now());
        while (service->tell_late()) {
        }
        turn();
    }
};

struct client {
    explicit client(worker& w) : at(w), context(SSL_CTX_new(TLS_client_method())) {
        std::array<int, 2> ends{};
        BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
        fd = ends[1];
        http::start_session(ends[0], *w.service);
    }
    ~client() {
        SSL_free(ssl);
        ::close(fd);
        ERR_clear_error();
    }
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    void shake_hands() {
        ssl = SSL_new(context.get());
        SSL_set_fd(ssl, fd);
        SSL_set_connect_state(ssl);
        for (int i = 0; i < 5; ++i) {
            ERR_clear_error();
            SSL_do_handshake(ssl);
            at.turn();
        }
    }
    void say(std::string_view bytes) {
        BOOST_REQUIRE(SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size())) > 0);
        at.turn();
    }
    std::string hear() {
        std::string all;
        std::array<char, 65536> room{};
        for (;;) {
            ERR_clear_error();
            const int n = SSL_read(ssl, room.data(), static_cast<int>(room.size()));
            ended = n <= 0 && SSL_get_error(ssl, n) == SSL_ERROR_ZERO_RETURN;
            if (n <= 0) return all;
            all.append(room.data(), static_cast<std::size_t>(n));
            at.turn();
        }
    }
    /// Receives without TLS.
    std::string hear_plainly() const {
        std::string room(65536, '\0');
        const auto n = ::recv(fd, room.data(), room.size(), 0);
        room.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        return room;
    }
    /// True if the socket is at its end and nothing was received.
    bool is_cut() const {
        char none = 0;
        return ::recv(fd, &none, 1, 0) == 0 || errno == ECONNRESET;
    }

    worker& at;
    std::unique_ptr<SSL_CTX, test::freed_by<SSL_CTX_free>> context;
    int fd = -1;
    SSL* ssl = nullptr;
    bool ended = false; ///< by close_notify
};

constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

std::size_t count(const std::string& text, std::string_view part) {
    std::size_t n = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1))
        ++n;
    return n;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(tls_session, worker)

BOOST_AUTO_TEST_CASE(requests_are_answered) {
    client c(*this);
    c.shake_hands();
    BOOST_TEST(service->handshakes == 0u);
    BOOST_TEST(service->metrics.tls.full[1].value() == 1u);
    c.say(request);
    BOOST_TEST(c.hear().ends_with("\r\n\r\nnobody"));
    for (int i = 0; i < 3; ++i)
        SSL_write(c.ssl, request.data(), static_cast<int>(request.size()));
    c.say(std::string(request) + std::string(request));
    BOOST_TEST(count(c.hear(), "200 OK") == 5u);
}

// The records are larger than one read. The event for the second record comes while part of the
// first is still in OpenSSL's buffer.
BOOST_AUTO_TEST_CASE(requests_that_arrive_while_others_are_answered_are_not_forgotten) {
    service->settings.pipeline_max = 4;
    client c(*this);
    c.shake_hands();
    constexpr int record = 16384;
    const auto padded = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(200, 'x') + "\r\n\r\n";
    std::string requests;
    while (requests.size() < std::size_t{2} * record)
        requests += padded;
    SSL_write(c.ssl, requests.data(), record);
    service->ready.deliver();
    SSL_write(c.ssl, requests.data() + record, record);
    // Nothing is received meanwhile, because that would cause further events.
    for (int i = 0; i < 10; ++i)
        turn();
    BOOST_TEST(app.asked == std::size_t{2} * record / padded.size());
}

BOOST_AUTO_TEST_CASE(an_endpoint_knows_the_client) {
    service->tls.context = context({.from_clients = net::client_certificates::required});
    const auto who = authority.issue("URI:spiffe://example/a", "gateway");
    client c(*this);
    SSL_CTX_use_certificate(c.context.get(), who.certificate.get());
    SSL_CTX_use_PrivateKey(c.context.get(), who.key.get());
    c.shake_hands();
    c.say(request);
    BOOST_TEST(c.hear().ends_with("\r\n\r\nCN=gateway"));
}

BOOST_AUTO_TEST_CASE(a_handshake_that_takes_too_long_is_cut_off) {
    client c(*this);
    turn();
    BOOST_TEST(service->handshakes == 1u);
    pass(4900ms);
    BOOST_TEST(!c.is_cut());
    pass(300ms);
    BOOST_TEST(c.is_cut());
    BOOST_TEST(closed == 1u);
    BOOST_TEST(service->handshakes == 0u);
    BOOST_TEST(service->metrics.tls.timed_out.value() == 1u);
}

// No request was made yet, so a drain does not wait for the whole deadline.
BOOST_AUTO_TEST_CASE(a_drain_does_not_wait_for_those_who_say_nothing) {
    client silent(*this);
    turn();
    service->drain(500ms);
    client late(*this);
    late.shake_hands();
    client late_and_silent(*this);
    pass(400ms);
    BOOST_TEST(!silent.is_cut());
    pass(400ms);
    BOOST_TEST(silent.is_cut());
    BOOST_TEST(late_and_silent.is_cut());
    late.hear();
    BOOST_TEST(late.ended);
}

// After the handshake, the header has its own deadline.
BOOST_AUTO_TEST_CASE(the_deadline_of_a_handshake_ends_with_it) {
    client c(*this);
    pass(4000ms);
    c.shake_hands();
    pass(4000ms);
    c.say(request);
    BOOST_TEST(c.hear().ends_with("nobody"));
}

BOOST_AUTO_TEST_CASE(past_the_bound_on_handshakes_a_connection_closes_at_once) {
    client first(*this);
    client second(*this);
    client third(*this);
    turn();
    BOOST_TEST(third.is_cut());
    BOOST_TEST(closed == 1u);
    BOOST_TEST(service->metrics.tls.refused.value() == 1u);
    first.shake_hands();
    client fourth(*this);
    fourth.shake_hands();
    fourth.say(request);
    BOOST_TEST(fourth.hear().ends_with("nobody"));
}

BOOST_AUTO_TEST_CASE(connections_go_on_by_what_they_began_with) {
    client before(*this);
    before.shake_hands();
    const std::weak_ptr old = service->tls.context;
    service->tls.context = context({.min_version = net::tls_version::tls_1_3});
    client after(*this);
    after.shake_hands();
    before.say(request);
    BOOST_TEST(before.hear().ends_with("nobody"));
    after.say(request);
    BOOST_TEST(after.hear().ends_with("nobody"));
    BOOST_TEST(!old.expired());
    before.say("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    before.hear();
    BOOST_TEST(before.ended);
    ::shutdown(before.fd, SHUT_WR);
    turn();
    BOOST_TEST(old.expired());
}

BOOST_AUTO_TEST_CASE(a_client_that_does_not_read_holds_nothing_up) {
    client c(*this);
    c.shake_hands();
    client other(*this);
    other.shake_hands();
    c.say("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    other.say(request);
    BOOST_TEST(other.hear().ends_with("nobody"));
    BOOST_TEST(c.hear().size() > 8u << 20);
}

BOOST_AUTO_TEST_CASE(a_plain_request_is_told_so) {
    client c(*this);
    BOOST_REQUIRE(::send(c.fd, request.data(), request.size(), 0) > 0);
    turn();
    const auto heard = c.hear_plainly();
    BOOST_TEST(heard.starts_with("HTTP/1.1 400 Bad Request\r\n"));
    BOOST_TEST(heard.find("this port speaks TLS") != heard.npos);
    BOOST_TEST(service->metrics.tls.failed.value() == 1u);
    BOOST_TEST(service->handshakes == 0u);
}

// At each stage: during the handshake, between requests, while an answer is sent.
BOOST_AUTO_TEST_CASE(the_end_of_the_worker_ends_connections_at_any_stage) {
    client silent(*this);
    client idle(*this);
    idle.shake_hands();
    client reading(*this);
    reading.shake_hands();
    reading.say("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    turn();
    service.reset();
    BOOST_TEST(silent.is_cut());
    SSL_peek(idle.ssl, &now, 1);
    BOOST_TEST((SSL_get_shutdown(idle.ssl) & SSL_RECEIVED_SHUTDOWN) != 0);
}

BOOST_AUTO_TEST_SUITE_END()

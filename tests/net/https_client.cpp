#include "../support/https_issuer.hpp"
#include "support_resolver.hpp"

#include <latchkey/net/https/https_client.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/test/unit_test.hpp>

#include <openssl/err.h>

#include <memory>
#include <optional>

using namespace latchkey;
using namespace std::chrono_literals;
using manner = test::issuer_behaviour::manner;
using result = core::result<net::https_answer>;

namespace {

// One issuer, and a client that trusts it.
struct both {
    result ask(net::https_request request) const { return ask(std::move(request), trust); }
    // Runs the loop until nothing is left to do: all that a request began has ended.
    static result ask(net::https_request request, const net::tls_trust& believed) {
        boost::asio::io_context loop(1);
        std::optional<result> out;
        const net::https_get get(loop, believed, std::move(request), [&](result r) {
            BOOST_TEST(!out.has_value());
            BOOST_TEST(ERR_peek_error() == 0u);
            out = std::move(r);
        });
        BOOST_TEST(!out.has_value());
        loop.run_for(20s);
        BOOST_TEST(loop.stopped());
        BOOST_TEST(ERR_peek_error() == 0u);
        BOOST_REQUIRE(out.has_value());
        return *out;
    }
    net::https_request request(std::string_view host = "localhost") const {
        return {.url = issuer.url("/jwks.json", host), .allow_private = true};
    }
    net::https_request short_request() const {
        auto out = request();
        out.deadline = 200ms;
        return out;
    }

    test::https_issuer issuer;
    net::tls_trust trust = net::tls_trust::load(issuer.ca_file()).value();
};

std::string why(const result& r) {
    return r ? "it succeeded" : r.error().message;
}

// A port on 127.0.0.2 whose accept queue is full: new connections are dropped.
class black_hole {
  public:
    explicit black_hole(int port) {
        where_.sin_family = AF_INET;
        where_.sin_port = htons(static_cast<std::uint16_t>(port));
        ::inet_pton(AF_INET, "127.0.0.2", &where_.sin_addr);
        fds_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        const int yes = 1;
        ::setsockopt(fds_[0], SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        BOOST_REQUIRE(::bind(fds_[0], address(), sizeof where_) == 0);
        BOOST_REQUIRE(::listen(fds_[0], 0) == 0);
        for (int i = 0; i < 4; ++i) {
            fds_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
            (void)!::connect(fds_.back(), address(), sizeof where_);
        }
    }
    ~black_hole() {
        for (const int fd : fds_)
            ::close(fd);
    }

  private:
    sockaddr* address() { return reinterpret_cast<sockaddr*>(&where_); }
    sockaddr_in where_{};
    std::vector<int> fds_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(https_client)

BOOST_AUTO_TEST_CASE(an_answer_comes_with_what_it_says_of_its_age) {
    both b;
    b.issuer.publish("the keys", "Cache-Control: public, max-age=600\r\n"
                                 "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                                 "Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n");
    const auto answer = b.ask(b.request());
    BOOST_REQUIRE_MESSAGE(answer.has_value(), why(answer));
    BOOST_TEST(answer->body == "the keys");
    BOOST_TEST((answer->max_age == 600s));
    BOOST_TEST((answer->last_modified == core::real_time(784111777s)));
    BOOST_TEST((answer->date == core::real_time(784111778s)));
    BOOST_TEST(b.issuer.last_request() ==
               "GET /jwks.json HTTP/1.1\r\nHost: localhost:" + std::to_string(b.issuer.port()) +
                   "\r\nUser-Agent: latchkey\r\nAccept: application/json, application/jwk-set+json"
                   "\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n");

    b.issuer.publish("", "Cache-Control: max-age=600\r\nCache-Control: no-store\r\n");
    const auto fresh = b.ask(b.request());
    BOOST_REQUIRE_MESSAGE(fresh.has_value(), why(fresh));
    BOOST_TEST((fresh->max_age == 0s));
    BOOST_TEST(!fresh->last_modified);
    BOOST_TEST(!fresh->date);
}

BOOST_AUTO_TEST_CASE(names_and_addresses_are_verified) {
    both b;
    for (const auto* host : {"localhost", "127.0.0.1", "issuer.test"})
        BOOST_TEST_CONTEXT(host) {
            const auto answer = b.ask(b.request(host));
            BOOST_TEST(answer.has_value(), why(answer));
        }
    // The right authority and the right address, but not this name.
    const auto answer = b.ask(b.request("mixed.test"));
    BOOST_TEST(why(answer) ==
               "mixed.test has a certificate that is not accepted: hostname mismatch");
}

BOOST_AUTO_TEST_CASE(each_misbehaviour_has_its_sentence) {
    both b;
    const std::string big(1 << 20, 'x');
    struct {
        test::issuer_behaviour of_issuer;
        std::string says;
        int requests;
    } const cases[] = {
        {{.status = 503}, "answered with status 503, not 200", 1},
        {{.status = 204}, "answered with status 204, not 200", 1},
        {{.status = 302, .fields = "Location: https://localhost/\r\n"},
         "answered with status 302; redirects are not followed",
         1},
        {{.fields = "Content-Encoding: gzip\r\n"},
         "answered with a content coding that was not asked for",
         1},
        {{.body = big}, "answered with more than 65536 bytes", 1},
        {{.how = manner::until_it_closes, .body = big}, "answered with more than 65536 bytes", 1},
        {{.how = manner::endless_header}, "answered with a header of more than 16384 bytes", 1},
        {{.how = manner::close_in_body}, "ended the connection before its answer was whole", 1},
        {{.how = manner::truncated}, "ended the connection before its answer was whole", 1},
        {{.how = manner::garbage}, "answered with what is no HTTP: bad version", 1},
        {{.how = manner::plain_garbage},
         "did not complete the TLS handshake: wrong version number (SSL routines)",
         0},
        {{.how = manner::close_at_once}, "did not complete the TLS handshake: ", 0},
        {{.wrong_host = true}, "has a certificate that is not accepted: hostname mismatch", 0},
        {{.foreign = true},
         "has a certificate that is not accepted: unable to get local issuer certificate",
         0},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.says) {
            const auto before = b.issuer.requests();
            b.issuer.behave(c.of_issuer);
            const auto answer = b.ask(b.request());
            BOOST_REQUIRE(!answer.has_value());
            BOOST_TEST((answer.error().kind == core::failure_kind::unavailable));
            BOOST_TEST(why(answer).starts_with("localhost " + c.says), why(answer));
            BOOST_TEST(b.issuer.requests() - before == c.requests);
        }
    // After all that, a good answer is accepted again.
    b.issuer.publish("{}");
    BOOST_TEST(b.ask(b.request()).has_value());
}

BOOST_AUTO_TEST_CASE(a_body_ends_at_its_bound_or_with_tls) {
    both b;
    const std::string body(1000, 'x');
    for (const auto how : {manner::answer, manner::until_it_closes}) {
        b.issuer.behave({.how = how, .body = body});
        auto request = b.request();
        request.body_bytes_max = 1000;
        const auto answer = b.ask(request);
        BOOST_REQUIRE_MESSAGE(answer.has_value(), why(answer));
        BOOST_TEST(answer->body == body);
        request.body_bytes_max = 999;
        BOOST_TEST(why(b.ask(request)) == "localhost answered with more than 999 bytes");
    }
    b.issuer.publish("", "X-Long: " + std::string(1000, 'x') + "\r\n");
    auto request = b.request();
    BOOST_TEST(b.ask(request).has_value());
    request.header_bytes_max = 1000;
    BOOST_TEST(why(b.ask(request)) == "localhost answered with a header of more than 1000 bytes");
}

BOOST_AUTO_TEST_CASE(the_deadline_covers_every_stage) {
    both b;
    b.issuer.behave({.how = manner::stall});
    BOOST_TEST(why(b.ask(b.short_request())) ==
               "localhost did not answer within 200 ms (TLS handshake)");
    b.issuer.behave({.how = manner::stall_in_tls});
    BOOST_TEST(why(b.ask(b.short_request())) ==
               "localhost did not answer within 200 ms (awaiting its answer)");
    // Data that never stop do not hold the deadline up.
    b.issuer.behave({.how = manner::endless_chunks});
    BOOST_TEST(why(b.ask(b.short_request())) ==
               "localhost did not answer within 200 ms (awaiting its answer)");
    const black_hole hole(b.issuer.port());
    auto request = b.short_request();
    request.url = b.issuer.url("/", "127.0.0.2");
    BOOST_TEST(why(b.ask(request)) == "127.0.0.2 did not answer within 200 ms (connecting)");
}

BOOST_AUTO_TEST_CASE(an_address_that_drops_packets_leaves_time_for_the_next) {
    both b;
    const black_hole hole(b.issuer.port());
    auto request = b.request("mixed.test");
    request.deadline = 600ms;
    // The request got as far as the certificate of 127.0.0.1.
    BOOST_TEST(why(b.ask(request)) ==
               "mixed.test has a certificate that is not accepted: hostname mismatch");
    BOOST_TEST(b.issuer.connections() == 1);
}

BOOST_AUTO_TEST_CASE(a_resolver_that_is_stuck_keeps_nobody_waiting) {
    both b;
    boost::asio::io_context loop(1);
    std::optional<result> out;
    std::optional<test::stuck_resolver> stuck(std::in_place);
    auto request = b.short_request();
    request.url = "https://stuck.test/";
    auto get = std::make_unique<net::https_get>(loop, b.trust, request, [&](result r) {
        out = std::move(r);
        loop.stop();
    });
    loop.run_for(20s);
    BOOST_REQUIRE(out.has_value());
    BOOST_TEST(why(*out) == "stuck.test did not answer within 200 ms (looking up its name)");
    // The look-up ends after the request was destroyed.
    get.reset();
    stuck.reset();
    loop.restart();
    loop.run_for(20s);
    BOOST_TEST(loop.stopped());
}

BOOST_AUTO_TEST_CASE(private_addresses_are_refused_before_anything_is_sent) {
    both b;
    struct {
        std::string host;
        std::string address;
    } const cases[] = {
        {"127.0.0.1", "127.0.0.1"},
        {"localhost", ""}, // the first of its addresses
        {"issuer.test", "127.0.0.1"},
        {"mixed.test", "127.0.0.2"},
        {"inside.test", "10.1.2.3"},
        {"unroutable.test", "fd00::1"},
        {"[::1]", "::1"},
        {"[::ffff:127.0.0.1]", "::ffff:127.0.0.1"},
        {"169.254.169.254", "169.254.169.254"},
        {"2130706433", "127.0.0.1"}, // libc's reading of a number
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.host) {
            auto request = b.request(c.host);
            request.allow_private = false;
            const auto answer = b.ask(request);
            BOOST_REQUIRE(!answer.has_value());
            BOOST_TEST((answer.error().kind == core::failure_kind::invalid));
            BOOST_TEST(why(answer).find(" is at " + c.address) != std::string::npos, why(answer));
            BOOST_TEST(why(answer).ends_with("which is no public address; "
                                             "issuers.allow_private_addresses = true allows it"),
                       why(answer));
        }
    BOOST_TEST(b.issuer.connections() == 0);
}

BOOST_AUTO_TEST_CASE(a_name_is_looked_up_once) {
    both b;
    const auto before = test::look_ups();
    BOOST_TEST(b.ask(b.request("issuer.test")).has_value());
    BOOST_TEST(test::look_ups() - before == 1);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_asked_says_why) {
    both b;
    const auto ask = [&](const char* url) {
        return why(b.ask({.url = url, .allow_private = true}));
    };
    BOOST_TEST(ask("http://localhost/") == "the URL does not begin with \"https://\"");
    BOOST_TEST(ask("https://user:secret@localhost/") == "the URL has a user name");
    BOOST_TEST(ask("https://127.0.0.1:1/") ==
               "127.0.0.1 cannot be connected to: Connection refused");
    BOOST_TEST(
        ask("https://nowhere.invalid/").starts_with("nowhere.invalid cannot be looked up: "));
}

BOOST_AUTO_TEST_CASE(only_who_is_trusted_is_believed) {
    both b;
    both other;
    BOOST_TEST(why(both::ask(b.request(), other.trust))
                   .starts_with("localhost has a certificate that is not accepted: "));
    const auto of_system = net::tls_trust::load("");
    BOOST_REQUIRE_MESSAGE(of_system.has_value(), of_system.error().message);
    BOOST_TEST(!both::ask(b.request(), *of_system).has_value());
    BOOST_TEST(b.issuer.requests() == 0);
}

BOOST_AUTO_TEST_CASE(trust_that_cannot_be_loaded_names_the_file) {
    for (const auto* path : {"/nonexistent/ca.pem", "/dev/null", "/tmp"})
        BOOST_TEST_CONTEXT(path) {
            const auto trust = net::tls_trust::load(path);
            BOOST_REQUIRE(!trust.has_value());
            BOOST_TEST(trust.error().message.starts_with("the file \"" + std::string(path) +
                                                         "\" holds no certificates"));
            BOOST_TEST(ERR_peek_error() == 0u);
        }
}

BOOST_AUTO_TEST_CASE(who_lets_go_hears_nothing) {
    both b;
    // Cancels the request at once, and after each step of the loop.
    for (int steps = 0; steps < 40; ++steps)
        BOOST_TEST_CONTEXT(steps << " steps") {
            b.issuer.behave({.how = steps % 2 ? manner::stall_in_tls : manner::answer});
            boost::asio::io_context loop(1);
            bool answered = false;
            auto get = std::make_unique<net::https_get>(loop, b.trust, b.request(),
                                                        [&](const result&) { answered = true; });
            for (int i = 0; i < steps && !answered; ++i)
                if (loop.run_one_for(50ms) == 0) break;
            const bool before = answered;
            get.reset();
            BOOST_TEST(ERR_peek_error() == 0u);
            // The loop has nothing left to wait for, not even the deadline.
            loop.restart();
            loop.run_for(1s);
            BOOST_TEST(loop.stopped());
            BOOST_TEST(answered == before);
        }
}

BOOST_AUTO_TEST_CASE(a_loop_may_end_before_what_was_let_go) {
    both b;
    b.issuer.behave({.how = manner::stall_in_tls});
    for (int steps = 0; steps < 20; ++steps) {
        boost::asio::io_context loop(1);
        const net::https_get get(loop, b.trust, b.request("issuer.test"),
                                 [](const result&) { BOOST_ERROR("called"); });
        for (int i = 0; i < steps; ++i)
            loop.run_one_for(10ms);
    }
    BOOST_TEST(b.issuer.requests() > 0);
}

BOOST_AUTO_TEST_CASE(who_lets_go_at_once_asks_nothing) {
    both b;
    for (const auto& url : {b.issuer.url(), std::string("no URL")}) {
        boost::asio::io_context loop(1);
        std::make_unique<net::https_get>(loop, b.trust,
                                         net::https_request{.url = url, .allow_private = true},
                                         [](const result&) { BOOST_ERROR("called"); });
        loop.run_for(1s);
        BOOST_TEST(loop.stopped());
    }
    BOOST_TEST(b.issuer.connections() == 0);
}

BOOST_AUTO_TEST_CASE(its_callback_may_end_it_and_begin_another) {
    both b;
    boost::asio::io_context loop(1);
    std::unique_ptr<net::https_get> get;
    int answers = 0;
    std::function<void(result)> next = [&](const result& r) {
        BOOST_TEST(r.has_value(), why(r));
        if (++answers == 3) return get.reset();
        get = std::make_unique<net::https_get>(loop, b.trust, b.request(), next);
    };
    get = std::make_unique<net::https_get>(loop, b.trust, b.request(), next);
    loop.run_for(20s);
    BOOST_TEST(answers == 3);
    BOOST_TEST(!get);
    BOOST_TEST(b.issuer.requests() == 3);
}

BOOST_AUTO_TEST_SUITE_END()

// The ways of a request besides HTTPS to the host itself: http://, a proxy's tunnel, and a POST.
#include "../support/http_receiver.hpp"
#include "../support/https_issuer.hpp"

#include <latchkey/net/https/https_client.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>

using namespace latchkey;
using namespace std::chrono_literals;
using result = core::result<net::https_answer>;

namespace {

result ask(net::https_request request, const net::tls_trust& trust) {
    boost::asio::io_context loop(1);
    std::optional<result> out;
    const net::https_get get(loop, trust, std::move(request),
                             [&](result r) { out = std::move(r); });
    loop.run_for(20s);
    BOOST_REQUIRE(out.has_value());
    return *out;
}

const net::tls_trust& system_trust() {
    static const auto trust = net::tls_trust::load("").value();
    return trust;
}

std::string why(const result& r) {
    return r ? "it succeeded" : r.error().message;
}

} // namespace

BOOST_AUTO_TEST_SUITE(https_ways)

BOOST_AUTO_TEST_CASE(plain_http_is_asked_only_if_it_is_allowed) {
    test::http_receiver server(R"({"keys":[]})");
    net::https_request request{.url = server.url("/jwks"), .allow_private = true};
    BOOST_TEST(why(ask(request, system_trust())) == "the URL does not begin with \"https://\"");
    BOOST_TEST(server.all().empty());
    request.allow_http = true;
    request.fields = "traceparent: 00-x\r\n";
    const auto answer = ask(request, system_trust());
    BOOST_REQUIRE_MESSAGE(answer.has_value(), why(answer));
    BOOST_TEST(answer->body == R"({"keys":[]})");
    BOOST_REQUIRE(server.all().size() == 1u);
    const auto head = server.all()[0].head;
    BOOST_TEST(head.starts_with(
        "GET /jwks HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
    BOOST_TEST(head.find("\r\ntraceparent: 00-x\r\n") != head.npos);
    // Its address has to be public, or allowed.
    request.allow_private = false;
    BOOST_TEST(why(ask(request, system_trust())).find("is no public address") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_body_is_posted) {
    test::http_receiver server;
    const auto answer = ask({.url = server.url("/v1/traces"),
                             .allow_private = true,
                             .allow_http = true,
                             .posted = std::string(100'000, 'x')},
                            system_trust());
    BOOST_REQUIRE_MESSAGE(answer.has_value(), why(answer));
    BOOST_REQUIRE(server.all().size() == 1u);
    const auto got = server.all()[0];
    BOOST_TEST(got.head.starts_with("POST /v1/traces HTTP/1.1\r\n"));
    BOOST_TEST(got.head.find("\r\nContent-Type: application/json\r\n") != got.head.npos);
    BOOST_TEST(got.body == std::string(100'000, 'x'));
}

BOOST_AUTO_TEST_CASE(a_proxy_makes_a_tunnel_and_the_certificate_is_still_the_hosts) {
    test::https_issuer issuer;
    test::connect_proxy proxy;
    const auto trust = net::tls_trust::load(issuer.ca_file()).value();
    net::https_request request{.url = issuer.url("/jwks.json", "issuer.test"),
                               .proxy = proxy.url()};
    const auto answer = ask(request, trust);
    BOOST_REQUIRE_MESSAGE(answer.has_value(), why(answer));
    const auto authority = "issuer.test:" + std::to_string(issuer.port());
    BOOST_TEST(proxy.head().starts_with("CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority +
                                        "\r\n"));
    BOOST_TEST(issuer.last_request().starts_with("GET /jwks.json HTTP/1.1\r\nHost: " + authority));
    issuer.behave({.wrong_host = true});
    BOOST_TEST(why(ask(request, trust)).find("certificate that is not accepted") !=
               std::string::npos);
    proxy.refuse(407);
    BOOST_TEST(why(ask(request, trust)) == "the proxy 127.0.0.1 refuses a tunnel to issuer.test: "
                                           "it answered with status 407");
    request.proxy = "http://127.0.0.1:1";
    BOOST_TEST(why(ask(request, trust)).starts_with("127.0.0.1 cannot be connected to"));
    request.proxy = "socks5://127.0.0.1:1";
    BOOST_TEST(why(ask(request, trust)) == "the proxy's URL does not begin with \"http://\"");
}

BOOST_AUTO_TEST_SUITE_END()

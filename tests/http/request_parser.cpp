#include <latchkey/http/request_parser.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey;
using http::field;
using http::parse_request;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(request_parser)

BOOST_AUTO_TEST_CASE(reads_an_ordinary_request_into_views) {
    const std::string head = "POST /api/v1/auth/verify-api-key?x=1 HTTP/1.1\r\n"
                             "Host: localhost:8080\r\n"
                             "Content-Type: application/json\r\n"
                             "x-request-id: abc\r\n"
                             "Content-Length: 42\r\n\r\n";
    http::request request;
    BOOST_REQUIRE(!parse_request(head, {}, request));
    BOOST_TEST((request.method == http::method::post));
    BOOST_TEST(request.path == "/api/v1/auth/verify-api-key");
    BOOST_TEST(request.query == "x=1");
    BOOST_TEST(request.content_length == 42u);
    BOOST_TEST(request.get(field::content_type) == "application/json");
    BOOST_TEST(request.get(field::x_request_id) == "abc");
    BOOST_TEST(request.keep_alive);
    BOOST_TEST((request.path.data() >= head.data()));
    BOOST_TEST((request.path.data() < head.data() + head.size()));
}

BOOST_AUTO_TEST_CASE(understands_each_form_of_target_and_connection) {
    struct {
        const char* head;
        const char* path;
        bool keep_alive;
    } const cases[] = {
        {"GET /a HTTP/1.1\r\nHost: a\r\n\r\n", "/a", true},
        {"GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "/a", false},
        {"GET /a HTTP/1.0\r\n\r\n", "/a", false},
        {"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "/a", true},
        {"GET http://a/b?c HTTP/1.1\r\nHost: a\r\n\r\n", "/b", true},
        {"GET https://a HTTP/1.1\r\nHost: a\r\n\r\n", "/", true},
        {"GET http://a?c HTTP/1.1\r\nHost: a\r\n\r\n", "/", true},
        {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "*", true},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.head) {
            http::request request;
            BOOST_TEST(!parse_request(c.head, {}, request));
            BOOST_TEST(request.path == c.path);
            BOOST_TEST(request.keep_alive == c.keep_alive);
        }
    }
}

// Requirements R13 and R14, and RFC 9112, sections 2 to 6.
BOOST_AUTO_TEST_CASE(refuses_what_is_ambiguous) {
    const std::string start = "POST / HTTP/1.1\r\nHost: a\r\n";
    struct {
        const char* name;
        std::string head;
        int status;
    } const cases[] = {
        {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
        {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
        {"a list of Hosts", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
        {"a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
        {"two Hosts in 1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
        {"two Authorizations",
         "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
         400},
        {"two lengths", start + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
        {"two equal lengths", start + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400},
        {"a list of lengths", start + "Content-Length: 5, 5\r\n\r\n", 400},
        {"a signed length", start + "Content-Length: +5\r\n\r\n", 400},
        {"a negative length", start + "Content-Length: -5\r\n\r\n", 400},
        {"a hexadecimal length", start + "Content-Length: 0x5\r\n\r\n", 400},
        {"an empty length", start + "Content-Length: \r\n\r\n", 400},
        {"a huge length", start + "Content-Length: 99999999999999999999999\r\n\r\n", 400},
        {"no length", start + "\r\n", 411},
        {"too long a body", start + "Content-Length: 65537\r\n\r\n", 413},
        {"chunked with a length", start + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
         400},
        {"a length with chunked", start + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
         400},
        {"gzip alone", start + "Transfer-Encoding: gzip\r\n\r\n", 400},
        {"gzip with a length", start + "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\n", 400},
        {"chunked not last", start + "Transfer-Encoding: chunked, gzip\r\n\r\n", 400},
        {"chunked twice", start + "Transfer-Encoding: chunked, chunked\r\n\r\n", 400},
        {"two codings' fields",
         start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"almost chunked", start + "Transfer-Encoding: xchunked\r\n\r\n", 400},
        {"chunked in quotes", start + "Transfer-Encoding: \"chunked\"\r\n\r\n", 400},
        {"chunked in 1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"a further coding", start + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
        {"an odd expectation", start + "Content-Length: 5\r\nExpect: 200-ok\r\n\r\n", 417},
        {"a space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
        {"a nameless field", "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400},
        {"a bare carriage return", "GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n", 400},
        {"a NUL in a field", "GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n"s, 400},
        {"a control character in a name", "GET / HTTP/1.1\r\nHost: a\r\nX\x01: b\r\n\r\n", 400},
        {"a bare carriage return in the target", "GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"a method with a control character", "GE\x01T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"no version", "GET /\r\nHost: a\r\n\r\n", 400},
        {"a lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
        {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
        {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
        {"a TLS hello", "\x16\x03\x01\x02\r\n\r\n", 400},
        {"another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"a target without a slash", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"a long target", "GET /" + std::string(4100, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name) {
            http::request request;
            const auto why = parse_request(c.head, {}, request);
            BOOST_REQUIRE(why.has_value());
            BOOST_TEST(why->status == c.status);
            BOOST_TEST(!why->detail.empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(knows_expectations_and_chunked_bodies) {
    http::request request;
    BOOST_TEST(!parse_request("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n"
                              "Expect: 100-Continue\r\n\r\n",
                              {}, request));
    BOOST_TEST(request.chunked);
    BOOST_TEST(request.expects_continue);
    BOOST_TEST(!parse_request(
        "POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n", {}, request));
    BOOST_TEST(!request.expects_continue);
}

BOOST_AUTO_TEST_SUITE_END()

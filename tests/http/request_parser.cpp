#include "http/request_parser.hpp"

#include <latchkey/http/field_values.hpp>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/test/unit_test.hpp>

#include <random>
#include <string>
#include <string_view>

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
        {"GET /a HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Close\r\n\r\n", "/a", false},
        {"GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n", "/a",
         false},
        {"GET /a HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n", "/a", true},
        {"GET /a HTTP/1.1\r\nHost: a\r\nX:\t\tb\tc\t\r\nY:\r\nZ:  \xe9\r\n\r\n", "/a", true},
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

// RFC 9112, sections 2 to 6.
BOOST_AUTO_TEST_CASE(tells_that_a_credential_is_repeated) {
    struct {
        std::string lines;
        bool authorization, api_key;
    } const cases[] = {
        {"Authorization: Bearer a\r\nX-API-Key: b\r\n", false, false},
        {"Authorization: Bearer a\r\nauthorization: Bearer a\r\n", true, false},
        {"Authorization: \r\nAuthorization: Bearer b\r\n", true, false},
        {"Authorization: a\r\nAuthorization: b\r\nAuthorization: c\r\n", true, false},
        {"X-API-Key: a\r\nX-Api-Key: b\r\n", false, true},
        {"X-API-Key: \r\nX-API-Key: b\r\n", false, true},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.lines) {
            http::request request;
            BOOST_REQUIRE(
                !parse_request("GET / HTTP/1.1\r\nHost: a\r\n" + c.lines + "\r\n", {}, request));
            BOOST_TEST(request.repeats_authorization == c.authorization);
            BOOST_TEST(request.repeats_api_key == c.api_key);
        }
}

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
        {"two lengths", start + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
        {"two equal lengths", start + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", 400},
        {"a list of lengths", start + "Content-Length: 5, 5\r\n\r\n", 400},
        {"a signed length", start + "Content-Length: +5\r\n\r\n", 400},
        {"a negative length", start + "Content-Length: -5\r\n\r\n", 400},
        {"a hexadecimal length", start + "Content-Length: 0x5\r\n\r\n", 400},
        {"an empty length", start + "Content-Length: \r\n\r\n", 400},
        {"a huge length", start + "Content-Length: 99999999999999999999999\r\n\r\n", 400},
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
        {"a carriage return too many", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", 400},
        {"a DEL in a field", "GET / HTTP/1.1\r\nHost: a\r\nX: b\x7f\r\n\r\n", 400},
        {"a field without a colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400},
        {"a folded field", "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400},
        {"half a header", "GET / HTTP/1.1\r\nHost: a\r\n", 400},
        {"nothing", "", 400},
        {"a method alone", "GET\r\n\r\n", 400},
        {"no target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"a long version", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
        {"a connection option with a space",
         "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep alive\r\n\r\n", 400},
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
        {"a quotation mark in the target", "GET /a\"b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"a byte above ASCII in the target", "GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {"a target that ends the line", "GET /a\r\nHost: a\r\n\r\n", 400},
        {"a repeated Content-Type",
         start + "Content-Type: application/json\r\nContent-Type: text/plain\r\n\r\n", 400},
        {"a long target", "GET /" + std::string(8193, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
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

// The refusal names what is wrong with the request line, and the first fault counts.
BOOST_AUTO_TEST_CASE(says_what_is_wrong_with_a_target) {
    const auto why = [](const std::string& line) {
        http::request request;
        const auto refused = parse_request(line + "\r\nHost: a\r\n\r\n", {}, request);
        return refused ? refused->detail : "nothing";
    };
    const std::string parts = "the request line is not a method, a target and a version";
    const std::string fragment = "the request target has a fragment";
    const std::string character = "the request target holds a character that no URL has";
    BOOST_TEST(why("GET") == "the request line does not begin with a method");
    BOOST_TEST(why("GET ") == parts);
    BOOST_TEST(why("GET /") == parts);
    BOOST_TEST(why("GET  / HTTP/1.1") == parts);
    BOOST_TEST(why("GET /#") == parts);
    BOOST_TEST(why("GET /a#b HTTP/1.1") == fragment);
    BOOST_TEST(why("GET /a\"#b HTTP/1.1") == fragment);
    BOOST_TEST(why("GET /a\" #b HTTP/1.1") == character);
    BOOST_TEST(why("GET /a#b HTTP/2.0") == fragment);
    BOOST_TEST(why("GET /a b HTTP/1.1") == "the request line does not end in a version of HTTP");
    BOOST_TEST(why("GET /a HTTP/1.1") == "nothing");
}

BOOST_AUTO_TEST_CASE(knows_what_a_body_is_said_to_be) {
    const auto parsed = [](const std::string& method, const std::string& fields) {
        http::request request;
        static std::string head;
        head = method + " /a HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
        BOOST_TEST(!parse_request(head, {}, request));
        BOOST_TEST(request.lines == "Host: a\r\n" + fields);
        return request;
    };
    for (const auto* method : {"POST", "PUT", "PATCH"}) {
        BOOST_TEST(parsed(method, "").has_no_length());
        BOOST_TEST(!parsed(method, "Content-Length: 0\r\n").has_no_length());
        BOOST_TEST(!parsed(method, "Transfer-Encoding: chunked\r\n").has_no_length());
    }
    for (const auto* method : {"GET", "HEAD", "DELETE", "OPTIONS", "BREW"})
        BOOST_TEST(!parsed(method, "").has_no_length());
    const auto coding = [&](const std::string& fields) {
        return std::string(parsed("POST", fields).get(field::content_encoding));
    };
    BOOST_TEST(coding("") == "");
    BOOST_TEST(coding("content-encoding: gzip\r\n") == "gzip");
    BOOST_TEST(coding("Content-Encoding: identity\r\nContent-Encoding: br\r\n") == "br");
    BOOST_TEST(coding("Content-Encoding: br\r\nContent-Encoding: identity\r\n") == "br");
    BOOST_TEST(coding("Content-Encoding: br\r\nContent-Encoding:\r\n") == "br");
}

// This refusal may be reported after what is wrong with the path.
BOOST_AUTO_TEST_CASE(of_what_is_refused_for_its_expectation_the_path_is_known) {
    http::request request;
    BOOST_TEST(parse_request("PUT /a?b HTTP/1.1\r\nHost: a\r\nExpect: more\r\n"
                             "Content-Length: 1\r\n\r\n",
                             {}, request)
                   .has_value());
    BOOST_TEST((request.method == http::method::put));
    BOOST_TEST(request.path == "/a");
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

// Changes some bytes of a good header, mostly to those with a meaning.
std::string mutated(std::string head, std::mt19937& random) {
    constexpr std::string_view telling("\r\n \t:,/?#\0\x7f\xe9"
                                       "aH1",
                                       16);
    for (auto n = 1 + random() % 3; n > 0 && !head.empty(); --n) {
        const auto at = random() % head.size();
        const auto byte = telling[random() % telling.size()];
        if (const auto kind = random() % 3; kind == 0)
            head[at] = byte;
        else if (kind == 1)
            head.insert(at, 1, byte);
        else
            head.erase(at, 1 + random() % 2);
    }
    return head;
}

// Beast has an independent and more lenient parser. It must accept what is accepted here and read
// the same.
BOOST_AUTO_TEST_CASE(accepts_nothing_that_beast_refuses) {
    const std::string seeds[] = {
        "POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: "
        "12\r\n\r\n",
        "GET http://a/b HTTP/1.1\r\nHost: a:1\r\nConnection: keep-alive, close\r\nX:  y \t\r\n\r\n",
        "PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\nAccept:\r\n\r\n",
        "POST / HTTP/1.1\r\nhost: a\r\nTransfer-Encoding: chunked\r\nExpect: "
        "100-continue\r\n\r\n"};
    std::mt19937 random(7);
    int accepted = 0;
    for (int i = 0; i < 100'000; ++i) {
        const auto head = mutated(seeds[i % 4], random);
        const auto end = head.find("\r\n\r\n");
        http::request request;
        if (end != head.size() - 4 || parse_request(head, {}, request)) continue;
        ++accepted;
        BOOST_TEST_CONTEXT(head) {
            namespace beast_http = boost::beast::http;
            beast_http::request_parser<beast_http::string_body> other;
            boost::beast::error_code error;
            other.put(boost::asio::buffer(head), error);
            BOOST_REQUIRE((!error || error == beast_http::error::need_more));
            BOOST_REQUIRE(other.is_header_done());
            BOOST_REQUIRE(other.get().target().find(request.path) != std::string_view::npos);
            BOOST_REQUIRE(other.keep_alive() == request.keep_alive);
            BOOST_REQUIRE(other.chunked() == request.chunked);
            BOOST_REQUIRE(other.content_length().value_or(0) == request.content_length);
            BOOST_REQUIRE(other.get()["Host"] == request.get(field::host));
            BOOST_REQUIRE(other.get()["Accept"] == http::list_of(request.lines, "accept"));
        }
    }
    BOOST_TEST(accepted > 5'000);
}

BOOST_AUTO_TEST_SUITE_END()

// Malformed requests, and requests that two parsers could read in different ways, each with the
// section of the RFC. Behind each one comes a good request, the marker. Either the connection ends
// after one refusal, or the marker gets its own answer. All are sent whole, and byte by byte.
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace latchkey::test;
using namespace std::string_literals;

namespace {

// None of these requests needs a database.
struct running {
    server_process server{"postgresql:///none?host=/nonexistent"};
};

const std::string marker =
    "GET /livez HTTP/1.1\r\nHost: a\r\nX-Request-Id: marker\r\nConnection: close\r\n\r\n";

enum class behind { closed, answered };

struct row {
    const char* rfc;
    const char* name;
    std::string request;
    int status;
    behind then = behind::closed;
};

// Returns the final answers until the connection ends.
std::vector<answer> all_of(client& connection, bool head) {
    std::vector<answer> all;
    for (;;) {
        auto one = connection.receive(head && all.empty());
        if (one.status == 0) return all;
        if (one.status != 100) all.push_back(std::move(one));
    }
}

void check(const std::vector<answer>& answers, const row& r) {
    BOOST_REQUIRE(!answers.empty());
    BOOST_TEST(answers[0].status == r.status);
    BOOST_TEST(answers[0].field("X-Request-Id") != "marker");
    BOOST_TEST(answers[0].has("Connection: close") == (r.then == behind::closed));
    BOOST_REQUIRE(answers.size() == (r.then == behind::closed ? 1u : 2u));
    if (r.then == behind::closed) return;
    BOOST_TEST(answers[1].status == 200);
    BOOST_TEST(answers[1].field("X-Request-Id") == "marker");
    BOOST_TEST(answers[1].body == R"({"status":"ok"})");
}

void check(const server_process& server, const std::vector<row>& rows) {
    for (const auto& r : rows)
        for (const bool whole : {true, false})
            BOOST_TEST_CONTEXT("RFC " << r.rfc << ": " << r.name << (whole ? "" : ", in bytes")) {
                auto connection = server.connect();
                if (whole)
                    connection.send(r.request + marker);
                else
                    for (const char byte : r.request + marker)
                        connection.send(std::string(1, byte));
                check(all_of(connection, r.request.starts_with("HEAD")), r);
            }
}

std::string with(const std::string& fields) {
    return "GET /livez HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}
std::string with_host(const std::string& host) {
    return "GET /livez HTTP/1.1\r\nHost:" + host + "\r\n\r\n";
}
std::string line(const std::string& request_line) {
    return request_line + "\r\nHost: a\r\n\r\n";
}
const std::string question = R"({"api_key":"x"})"; // 15 bytes
const std::string start = "POST /api/v1/auth/verify-api-key HTTP/1.1\r\nHost: a\r\n"
                          "Content-Type: application/json\r\n";
std::string with_body(const std::string& fields, const std::string& body = question) {
    return start + fields + "\r\n" + body;
}
std::string chunked(const std::string& chunks) {
    return with_body("Transfer-Encoding: chunked\r\n", chunks);
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(smuggling, running)

BOOST_AUTO_TEST_CASE(request_lines) {
    const std::vector<row> rows = {
        {"9112 2.2", "one empty line before it", "\r\n" + line("GET /livez HTTP/1.1"), 200,
         behind::answered},
        {"9112 2.2", "two empty lines before it", "\r\n\r\n" + line("GET /livez HTTP/1.1"), 400},
        {"9112 2.2", "a bare line feed before it", "\n" + line("GET /livez HTTP/1.1"), 400},
        {"9112 2.2", "a bare CR before it", "\r" + line("GET /livez HTTP/1.1"), 400},
        {"9112 2.2", "bare line feeds", "GET /livez HTTP/1.1\nHost: a\n\n", 400},
        {"9112 2.2", "a bare line feed at its end", "GET /livez HTTP/1.1\nHost: a\r\n\r\n", 400},
        {"9112 2.2", "white space before the first field",
         "GET /livez HTTP/1.1\r\n Host: a\r\n\r\n", 400},
        {"9112 2.2", "a TLS hello", "\x16\x03\x01\x02\x00\x01\r\n\r\n"s, 400},
        {"9112 2.2", "a bare CR in it", line("GET /li\rvez HTTP/1.1"), 400},
        {"9112 2.3", "HTTP/0.9", "GET /livez\r\n\r\n", 400},
        {"9112 2.3", "HTTP/0.9 with a version", line("GET /livez HTTP/0.9"), 505},
        {"9112 2.3", "HTTP/1.2", line("GET /livez HTTP/1.2"), 505},
        {"9112 2.3", "HTTP/2.0", line("GET /livez HTTP/2.0"), 505},
        {"9112 2.3", "HTTP/3", line("GET /livez HTTP/3"), 400},
        {"9112 2.3", "lower case", line("GET /livez http/1.1"), 400},
        {"9112 2.3", "a long version", line("GET /livez HTTP/1.10"), 400},
        {"9112 2.3", "zeros", line("GET /livez HTTP/01.1"), 400},
        {"9112 2.3", "a sign", line("GET /livez HTTP/+1.1"), 400},
        {"9112 2.3", "a space in the version", line("GET /livez HTTP/ 1.1"), 400},
        {"9112 2.3", "another protocol", line("GET /livez ICY/1.1"), 400},
        {"9113 3.4", "HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"9112 3", "two spaces", line("GET  /livez HTTP/1.1"), 400},
        {"9112 3", "two spaces before the version", line("GET /livez  HTTP/1.1"), 400},
        {"9112 3", "a space at its end", line("GET /livez HTTP/1.1 "), 400},
        {"9112 3", "a space at its beginning", line(" GET /livez HTTP/1.1"), 400},
        {"9112 3", "tabs", line("GET\t/livez\tHTTP/1.1"), 400},
        {"9112 3", "a tab at its end", line("GET /livez HTTP/1.1\t"), 400},
        {"9112 3", "a form feed", line("GET\f/livez HTTP/1.1"), 400},
        {"9112 3", "no target", line("GET HTTP/1.1"), 400},
        {"9112 3", "no method", line("/livez HTTP/1.1"), 400},
        {"9112 3", "something behind it", line("GET /livez HTTP/1.1 HTTP/1.1"), 400},
        {"9112 3.1", "a method with a colon", line("GET: /livez HTTP/1.1"), 400},
        {"9112 3.1", "a method with a NUL", line("GE\0T /livez HTTP/1.1"s), 400},
        {"9110 9.1", "a method in lower case", line("get /livez HTTP/1.1"), 405, behind::answered},
        {"9110 9.1", "an unknown method", line("BREW /livez HTTP/1.1"), 405, behind::answered},
        {"9110 9.3.8", "TRACE", line("TRACE /livez HTTP/1.1"), 405, behind::answered},
        {"9110 9.3.2", "HEAD", line("HEAD /livez HTTP/1.1"), 200, behind::answered},
        {"9112 3.2", "a space in the target", line("GET /li vez HTTP/1.1"), 400},
        {"9112 3.2", "a NUL in the target", line("GET /livez\0 HTTP/1.1"s), 400},
        {"9112 3.2", "a DEL in the target", line("GET /livez\x7f HTTP/1.1"), 400},
        {"9112 3.2", "UTF-8 in the target", line("GET /\xc3\xa9 HTTP/1.1"), 400},
        {"9112 3.2", "a backslash in the target", line("GET /\\livez HTTP/1.1"), 400},
        {"9112 3.2", "quotes in the target", line("GET /\"livez\" HTTP/1.1"), 400},
        {"9112 3.2.1", "a fragment", line("GET /livez#a HTTP/1.1"), 400},
        {"9112 3.2.1", "no slash", line("GET livez HTTP/1.1"), 400},
        {"9112 3.2.1", "a line feed, encoded", line("GET /%0d%0alivez HTTP/1.1"), 404,
         behind::answered},
        {"9112 3.2.1", "dots", line("GET /x/../livez HTTP/1.1"), 404, behind::answered},
        {"9112 3.2.1", "two slashes", line("GET //livez HTTP/1.1"), 404, behind::answered},
        {"9112 3.2.2", "an URL", line("GET http://b:80/livez HTTP/1.1"), 200, behind::answered},
        {"9112 3.2.2", "an URL without a host", line("GET http:///livez HTTP/1.1"), 400},
        {"9110 4.2.4", "an URL with a user", line("GET http://u:p@a/livez HTTP/1.1"), 400},
        {"9110 4.2.1", "an URL with a bad port", line("GET http://a:b/livez HTTP/1.1"), 400},
        {"9112 3.2.2", "another scheme", line("GET ftp://a/livez HTTP/1.1"), 400},
        {"9112 3.2.2", "a file", line("GET file:///livez HTTP/1.1"), 400},
        {"9112 3.2.3", "CONNECT", line("CONNECT a:443 HTTP/1.1"), 400},
        {"9112 3.2.3", "CONNECT to a path", line("CONNECT /livez HTTP/1.1"), 405, behind::answered},
        {"9112 3.2.4", "an asterisk with GET", line("GET * HTTP/1.1"), 400},
        // This is 503 because there is no database.
        {"9112 3.2.4", "an asterisk with OPTIONS", line("OPTIONS * HTTP/1.1"), 503,
         behind::answered},
        {"9112 3.2.4", "an asterisk in small letters", line("options * HTTP/1.1"), 400},
        {"9112 3.2.4", "an asterisk with a query", line("OPTIONS *?a HTTP/1.1"), 400},
        {"9110 9.3.7", "OPTIONS", line("OPTIONS /livez HTTP/1.1"), 204, behind::answered},
        {"9110 9.3.7", "OPTIONS of an URL", line("OPTIONS http://b/livez HTTP/1.1"), 204,
         behind::answered},
        {"9110 9.3.7", "OPTIONS with a body",
         "OPTIONS /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\n" + question, 204,
         behind::answered},
        {"9110 9.3.7", "OPTIONS with two lengths",
         "OPTIONS /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\nContent-Length: 0\r\n\r\n" +
             question,
         400},
        {"9112 3", "a target of 8 KiB", line("GET /" + std::string(8191, 'a') + " HTTP/1.1"), 404,
         behind::answered},
        {"9112 3", "a long target", line("GET /" + std::string(8192, 'a') + " HTTP/1.1"), 414},
    };
    check(server, rows);
}

BOOST_AUTO_TEST_CASE(header_fields) {
    const std::vector<row> rows = {
        {"9112 5.1", "a space before the colon", with("X : y\r\n"), 400},
        {"9112 5.1", "a tab before the colon", with("X\t: y\r\n"), 400},
        {"9112 5.1", "a length with a space before the colon", with_body("Content-Length : 15\r\n"),
         400},
        {"9112 5.1", "no name", with(": y\r\n"), 400},
        {"9112 5.1", "no colon", with("X\r\n"), 400},
        {"9112 5.1", "an empty value", with("X:\r\n"), 200, behind::answered},
        {"9112 5.1", "white space around the value", with("X: \t y \t\r\n"), 200, behind::answered},
        {"9112 5.2", "a folded line", with("X: y\r\n z\r\n"), 400},
        {"9112 5.2", "a folded line with a tab", with("X: y\r\n\tz\r\n"), 400},
        {"9112 5.2", "a folded length", with_body("Content-Length:\r\n 15\r\n"), 400},
        {"9112 5.2", "a folded coding", with_body("Transfer-Encoding:\r\n chunked\r\n", ""), 400},
        {"9112 5.2", "a line of white space", with(" \r\n"), 400},
        {"9110 5.6.2", "a space in the name", with("X Y: z\r\n"), 400},
        {"9110 5.6.2", "a parenthesis in the name", with("X(: z\r\n"), 400},
        {"9110 5.6.2", "a NUL in the name", with("X\0: z\r\n"s), 400},
        {"9110 5.6.2", "UTF-8 in the name", with("\xc3\xa9: z\r\n"), 400},
        {"9110 5.5", "a NUL in the value", with("X: y\0z\r\n"s), 400},
        {"9110 5.5", "a bare CR in the value", with("X: y\rz\r\n"), 400},
        {"9110 5.5", "a field behind a bare CR", with("X: y\rTransfer-Encoding: chunked\r\n"), 400},
        {"9110 5.5", "a bare line feed in the value", with("X: y\nZ: a\r\n"), 400},
        {"9110 5.5", "two CRs", with("X: y\r\r\n"), 400},
        {"9110 5.5", "a vertical tab", with("X: y\v\r\n"), 400},
        {"9110 5.5", "a DEL", with("X: y\x7f\r\n"), 400},
        {"9110 5.5", "bytes above 127", with("X: \xc3\xa9\xff\r\n"), 200, behind::answered},
        {"9112 2.1", "a bare CR instead of the blank line", with("\r"), 400},
        {"9110 7.2", "no Host", "GET /livez HTTP/1.1\r\n\r\n", 400},
        {"9110 7.2", "an empty Host", with_host(""), 200, behind::answered},
        {"9110 7.2", "two Hosts", with("Host: b\r\n"), 400},
        {"9110 7.2", "two equal Hosts", with("hOST: a\r\n"), 400},
        {"9110 7.2", "two Hosts, joined", with_host(" a, b"), 400},
        {"9110 7.2", "two Hosts, joined tightly", with_host(" a,b"), 400},
        {"9110 7.2", "a Host with a path", with_host(" a/b"), 400},
        {"9110 7.2", "a Host with a user", with_host(" u@a"), 400},
        {"9110 7.2", "a Host with a scheme", with_host(" http://a"), 400},
        {"9110 7.2", "a Host with a port", with_host(" a:8080"), 200, behind::answered},
        {"9110 7.2", "a Host with an empty port", with_host(" a:"), 200, behind::answered},
        {"9110 7.2", "a Host with a bad port", with_host(" a:b"), 400},
        {"9110 7.2", "a Host with a long port", with_host(" a:123456"), 400},
        {"9110 7.2", "a Host with two ports", with_host(" a:1:2"), 400},
        {"9110 7.2", "a port alone", with_host(" :80"), 400},
        {"9110 7.2", "an IPv6 address", with_host(" [::1]:80"), 200, behind::answered},
        {"9110 7.2", "an IPv6 address without its end", with_host(" [::1"), 400},
        {"9110 7.2", "empty brackets", with_host(" []"), 400},
        {"9110 7.2", "something behind the brackets", with_host(" [::1]a"), 400},
        {"9110 7.2", "a Host with a space", with_host(" a b"), 400},
        {"9110 7.2", "a Host with a backslash", with_host(" a\\b"), 400},
        {"9110 7.6.1", "an option that is no token", with("Connection: a b\r\n"), 400},
        {"9110 7.6.1", "Connection naming the length",
         with_body("Connection: Content-Length\r\nContent-Length: 15\r\n"), 200, behind::answered},
        {"9110 7.8", "an upgrade to h2c",
         with(
             "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"),
         200, behind::answered},
        {"9110 7.8", "an upgrade to WebSocket",
         with("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
              "Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n"),
         200, behind::answered},
        {"9110 8.3", "two Content-Types",
         with_body("Content-Type: text/plain\r\nContent-Length: 15\r\n"), 400},
        {"9110 11.6.2", "two Authorizations",
         with("Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"), 400},
        {"9110 5.4", "many fields",
         [] {
             std::string fields;
             for (int i = 0; i < 101; ++i)
                 fields += "X: y\r\n";
             return with(fields);
         }(),
         431},
        {"9110 5.4", "a large field", with("X: " + std::string(17'000, 'y') + "\r\n"), 431},
    };
    check(server, rows);
}

BOOST_AUTO_TEST_CASE(lengths_of_bodies) {
    const auto size = std::to_string(question.size() + marker.size());
    const std::vector<row> rows = {
        {"9112 6.2", "a body", with_body("Content-Length: 15\r\n"), 200, behind::answered},
        {"9112 6.2", "leading zeros", with_body("Content-Length: 0015\r\n"), 200, behind::answered},
        {"9112 6.2", "no space", with_body("Content-Length:15\r\n"), 200, behind::answered},
        {"9112 6.2", "the marker as a body",
         with_body("Content-Length: " + size + "\r\n", question + marker), 400, behind::answered},
        {"9112 6.2", "a body that is no JSON",
         with_body("Content-Length: 15\r\n", "{\"api_key\":\"x\"]"), 400, behind::answered},
        {"9110 8.4", "a body in another coding",
         with_body("Content-Encoding: gzip\r\nContent-Length: 15\r\n"), 415, behind::answered},
        {"9112 6.2", "a body with GET", with("Content-Length: 15\r\n") + question, 200,
         behind::answered},
        {"9112 6.2", "a request as a body with GET",
         with("Content-Length: " + std::to_string(marker.size()) + "\r\n") + marker, 200,
         behind::answered},
        {"9112 6.2", "a body with HEAD",
         "HEAD /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\n" + question, 200,
         behind::answered},
        {"9112 6.2", "a body with an unknown method",
         "BREW /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\n" + question, 405,
         behind::answered},
        {"9112 6.2", "a body that is not for this path",
         "POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\n" + question, 404,
         behind::answered},
        {"9112 6.2", "a body of another type",
         "POST /api/v1/auth/verify-api-key HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\n" +
             question,
         415, behind::answered},
        {"9112 6.3", "a length of the same value twice",
         with_body("Content-Length: 15\r\nContent-Length: 15\r\n"), 400},
        {"9112 6.3", "two lengths", with_body("Content-Length: 15\r\nContent-Length: 0\r\n"), 400},
        {"9112 6.3", "two lengths in a list", with_body("Content-Length: 15, 15\r\n"), 400},
        {"9112 6.3", "an empty length", with_body("Content-Length:\r\n"), 400},
        {"9112 6.3", "a comma", with_body("Content-Length: 15,\r\n"), 400},
        {"9112 6.3", "a plus sign", with_body("Content-Length: +15\r\n"), 400},
        {"9112 6.3", "a negative length", with_body("Content-Length: -15\r\n"), 400},
        {"9112 6.3", "minus zero", with_body("Content-Length: -0\r\n", ""), 400},
        {"9112 6.3", "hexadecimal", with_body("Content-Length: 0xf\r\n"), 400},
        {"9112 6.3", "a fraction", with_body("Content-Length: 15.0\r\n"), 400},
        {"9112 6.3", "an exponent", with_body("Content-Length: 15e0\r\n"), 400},
        {"9112 6.3", "a space within", with_body("Content-Length: 1 5\r\n"), 400},
        {"9112 6.3", "an underscore", with_body("Content-Length: 1_5\r\n"), 400},
        {"9112 6.3", "quotes", with_body("Content-Length: \"15\"\r\n"), 400},
        {"9112 6.3", "a vertical tab", with_body("Content-Length: \v15\r\n"), 400},
        {"9112 6.3", "digits of another script", with_body("Content-Length: \xd9\xa1\r\n"), 400},
        {"9112 6.3", "2 to the 64th", with_body("Content-Length: 18446744073709551616\r\n"), 400},
        {"9112 6.3", "2 to the 64th and 15", with_body("Content-Length: 18446744073709551631\r\n"),
         400},
        {"9110 8.6", "2 to the 64th less one",
         with_body("Content-Length: 18446744073709551615\r\n"), 413},
        {"9112 6.3", "another spelling of the name", with_body("Content_Length: 15\r\n"), 411},
        {"9112 6.3", "no length", with_body(""), 411},
        {"9112 6.3", "no length, and the body behind it",
         "POST /api/v1/auth/verify-token HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" +
             question,
         400},
        {"9112 6.3", "no length with PUT", line("PUT /livez HTTP/1.1"), 405, behind::answered},
        {"9112 6.3", "no length where none is needed",
         line("POST /api/v1/auth/verify-token HTTP/1.1"), 400, behind::answered},
        {"9112 6.3", "no length and no such path", line("POST /nowhere HTTP/1.1"), 404,
         behind::answered},
        {"9110 15.5.14", "too large, and no such path",
         "POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n", 404},
        {"9110 15.5.14", "too large", with_body("Content-Length: 65537\r\n"), 413},
        {"9110 10.1.1", "an expected continue",
         with_body("Expect: 100-continue\r\nContent-Length: 15\r\n"), 200, behind::answered},
        {"9110 10.1.1", "an expected continue without a body", with("Expect: 100-continue\r\n"),
         200, behind::answered},
        {"9110 10.1.1", "an expected continue of what is too large",
         with_body("Expect: 100-continue\r\nContent-Length: 65537\r\n"), 413},
        {"9110 10.1.1", "another expectation",
         with_body("Expect: 200-ok\r\nContent-Length: 15\r\n"), 417},
    };
    check(server, rows);
}

BOOST_AUTO_TEST_CASE(transfer_codings) {
    const std::string end = "0\r\n\r\n";
    const std::string body = "f\r\n" + question + "\r\n" + end;
    const auto coding = [&](const std::string& fields) { return with_body(fields, body); };
    const std::vector<row> rows = {
        {"9112 7.1", "chunked", coding("Transfer-Encoding: chunked\r\n"), 200, behind::answered},
        {"9110 5.1", "any case", coding("tRANSFER-eNCODING: cHUNKED\r\n"), 200, behind::answered},
        {"9110 5.5", "a tab before it", coding("Transfer-Encoding:\tchunked \t\r\n"), 200,
         behind::answered},
        {"9112 7.1", "chunked with GET", with("Transfer-Encoding: chunked\r\n") + body, 200,
         behind::answered},
        {"9112 7.1", "chunked with HEAD",
         "HEAD /livez HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body, 200,
         behind::answered},
        {"9112 6.1", "a length before it",
         coding("Content-Length: 15\r\nTransfer-Encoding: chunked\r\n"), 400},
        {"9112 6.1", "a length behind it",
         coding("Transfer-Encoding: chunked\r\nContent-Length: 15\r\n"), 400},
        {"9112 6.1", "a length of 0 beside it",
         coding("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"), 400},
        {"9112 6.1", "in HTTP/1.0",
         "POST /livez HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" +
             body,
         400},
        {"9112 6.1", "a further coding", coding("Transfer-Encoding: gzip, chunked\r\n"), 501},
        {"9112 6.1", "twice", coding("Transfer-Encoding: chunked, chunked\r\n"), 400},
        {"9112 6.1", "two fields",
         coding("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
        {"9112 6.1", "identity in another field",
         coding("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), 400},
        {"9112 6.1", "identity first in another field",
         coding("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"), 400},
        {"9112 6.3", "identity", with_body("Transfer-Encoding: identity\r\n"), 400},
        {"9112 6.3", "identity with a length",
         with_body("Transfer-Encoding: identity\r\nContent-Length: 15\r\n"), 400},
        {"9112 6.3", "gzip", coding("Transfer-Encoding: gzip\r\n"), 400},
        {"9112 6.3", "chunked, then gzip", coding("Transfer-Encoding: chunked, gzip\r\n"), 400},
        {"9112 6.3", "nothing", coding("Transfer-Encoding:\r\n"), 400},
        {"9112 6.3", "a comma behind it", coding("Transfer-Encoding: chunked,\r\n"), 400},
        {"9112 6.3", "a parameter", coding("Transfer-Encoding: chunked;q=1\r\n"), 400},
        {"9112 6.3", "a prefix", coding("Transfer-Encoding: xchunked\r\n"), 400},
        {"9112 6.3", "a suffix", coding("Transfer-Encoding: chunkedx\r\n"), 400},
        {"9112 6.3", "quotes", coding("Transfer-Encoding: \"chunked\"\r\n"), 400},
        {"9112 6.3", "a vertical tab", coding("Transfer-Encoding: \vchunked\r\n"), 400},
        {"9112 6.3", "a no-break space",
         coding("Transfer-Encoding: \xa0"
                "chunked\r\n"),
         400},
        {"9112 6.3", "a NUL", coding("Transfer-Encoding: chunked\0\r\n"s), 400},
        {"9112 5.1", "a space before the colon", coding("Transfer-Encoding : chunked\r\n"), 400},
        {"9112 5.2", "a space before the name", coding(" Transfer-Encoding: chunked\r\n"), 400},
        {"9110 5.1", "another spelling of the name",
         with_body("Transfer_Encoding: chunked\r\nContent-Length: 15\r\n"), 200, behind::answered},
        {"9112 7.4", "TE instead", with_body("TE: chunked\r\nContent-Length: 15\r\n"), 200,
         behind::answered},
    };
    check(server, rows);
}

BOOST_AUTO_TEST_CASE(chunked_bodies) {
    const std::string end = "0\r\n\r\n";
    const std::string data = "\r\n" + question + "\r\n";
    const std::vector<row> rows = {
        {"9112 7.1", "an upper-case size", chunked("F" + data + end), 200, behind::answered},
        {"9112 7.1", "leading zeros", chunked("000f" + data + end), 200, behind::answered},
        {"9112 7.1", "two chunks", chunked("7\r\n{\"api_k\r\n8\r\ney\":\"x\"}\r\n" + end), 200,
         behind::answered},
        {"9112 7.1", "several zeros as the last size", chunked("f" + data + "000\r\n\r\n"), 200,
         behind::answered},
        {"9112 7.1", "an empty body", chunked(end), 400, behind::answered},
        {"9112 7.1", "no size", chunked(data + end), 400},
        {"9112 7.1", "a size with a prefix", chunked("0xf" + data + end), 400},
        {"9112 7.1", "a plus sign", chunked("+f" + data + end), 400},
        {"9112 7.1", "a negative size", chunked("-f" + data + end), 400},
        {"9112 7.1", "an underscore", chunked("0_f" + data + end), 400},
        {"9112 7.1", "a space before the size", chunked(" f" + data + end), 400},
        {"9112 7.1", "a space behind the size", chunked("f " + data + end), 400},
        {"9112 7.1", "a tab behind the size", chunked("f\t" + data + end), 400},
        {"9112 7.1", "a size that is no number", chunked("g" + data + end), 400},
        {"9112 7.1", "a size past 32 bits", chunked("10000000f" + data + end), 400},
        {"9112 7.1", "a size past 64 bits", chunked("1000000000000000f" + data + end), 400},
        {"9112 7.1", "a size with a NUL", chunked("f\0"s + data + end), 400},
        {"9112 7.1", "a bare line feed behind the size", chunked("f\n" + question + "\r\n" + end),
         400},
        {"9112 7.1", "a bare CR behind the size", chunked("f\r" + question + "\r\n" + end), 400},
        {"9112 7.1", "two CRs behind the size", chunked("f\r\r\n" + question + "\r\n" + end), 400},
        {"9112 7.1", "a bare line feed behind the data", chunked("f\r\n" + question + "\n" + end),
         400},
        {"9112 7.1", "a bare CR behind the data", chunked("f\r\n" + question + "\r" + end), 400},
        {"9112 7.1", "nothing behind the data", chunked("f\r\n" + question + end), 400},
        {"9112 7.1", "more data than its size", chunked("e" + data + end), 400},
        {"9112 7.1", "less data than its size", chunked("10" + data + end), 400},
        {"9112 7.1", "a bare line feed behind the last size", chunked("f" + data + "0\n\r\n"), 400},
        {"9112 7.1", "a bare line feed at the end", chunked("f" + data + "0\r\n\n"), 400},
        {"9112 7.1", "a bare CR at the end", chunked("f" + data + "0\r\n\r"), 400},
        {"9112 7.1", "a request behind the last size", chunked("f" + data + "0\r\n"), 400},
        {"9112 7.1.1", "an extension", chunked("f;a=b" + data + end), 200, behind::answered},
        {"9112 7.1.1", "an extension of the last chunk", chunked("f" + data + "0;a=\"b\"\r\n\r\n"),
         200, behind::answered},
        {"9112 7.1.1", "white space around an extension",
         chunked("f ;\ta = \"b;\\\"\" ; c" + data + "0 ; d\r\n\r\n"), 200, behind::answered},
        {"9112 7.1.1", "white space behind an extension", chunked("f;a=b " + data + end), 400},
        {"9112 7.1.1", "an empty extension", chunked("f;" + data + end), 400},
        {"9112 7.1.1", "an extension without a name", chunked("f;=b" + data + end), 400},
        {"9112 7.1.1", "an extension without a value", chunked("f;a=" + data + end), 400},
        {"9112 7.1.1", "an extension that is no token", chunked("f;a=(b)" + data + end), 400},
        {"9112 7.1.1", "an extension without its quote", chunked("f;a=\"b" + data + end), 400},
        {"9112 7.1.1", "an extension without a semicolon", chunked("f a=b" + data + end), 400},
        {"9112 7.1.1", "a bare line feed in an extension", chunked("f;a\nb" + data + end), 400},
        {"9112 7.1.1", "a bare CR in an extension", chunked("f;a\rb" + data + end), 400},
        {"9112 7.1.1", "a line end in a quoted extension", chunked("f;a=\"\r\n\"" + data + end),
         400},
        {"9112 7.1.1", "a NUL in an extension", chunked("f;a=\0"s + data + end), 400},
        {"9112 7.1.1", "an extension without a size", chunked(";a=b" + data + end), 400},
        {"9112 7.1.1", "a long extension", chunked("f;" + std::string(300, 'a') + data + end), 400},
        {"9112 7.1.1", "many long extensions",
         [&] {
             std::string chunks;
             for (int i = 0; i < 50; ++i)
                 chunks += "1;" + std::string(200, 'a') + "\r\n \r\n";
             return chunked(chunks + "f" + data + end);
         }(),
         400},
        {"9112 7.1.2", "a trailer", chunked("f" + data + "0\r\nX: y\r\n\r\n"), 400},
        {"9112 7.1.2", "a length as a trailer",
         chunked("f" + data + "0\r\nContent-Length: 15\r\n\r\n"), 400},
        {"9112 7.1.2", "a Host as a trailer", chunked("f" + data + "0\r\nHost: b\r\n\r\n"), 400},
        {"9110 15.5.14", "too large", chunked("10001\r\n"), 413},
        {"9110 15.5.14", "too large in all",
         chunked("fff0\r\n" + std::string(0xfff0, ' ') + "\r\n11\r\n"), 413},
    };
    check(server, rows);
}

BOOST_AUTO_TEST_CASE(ends_of_connections) {
    const std::vector<row> rows = {
        {"9112 9.6", "close", with("Connection: close\r\n"), 200},
        {"9112 9.6", "close among others", with("Connection: keep-alive, , CLOSE\r\n"), 200},
        {"9112 9.6", "close in the first of two", with("Connection: close\r\nConnection: x\r\n"),
         200},
        {"9112 9.3", "HTTP/1.0", "GET /livez HTTP/1.0\r\n\r\n", 200},
        {"9112 9.3", "HTTP/1.0 with a body",
         "POST /nowhere HTTP/1.0\r\nContent-Length: 15\r\n\r\n" + question, 404},
        {"9112 9.3", "HTTP/1.0 with two Hosts", "GET /livez HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
         400},
        {"9112 9.3", "HTTP/1.0, kept", "GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200,
         behind::answered},
    };
    check(server, rows);
}

BOOST_AUTO_TEST_CASE(a_byte_behind_a_body_begins_the_next_request) {
    auto connection = server.connect();
    connection.send(with_body("Content-Length: 15\r\n", question + "}") + marker);
    const auto answers = all_of(connection, false);
    BOOST_REQUIRE(answers.size() == 2u);
    BOOST_TEST(answers[0].status == 200);
    BOOST_TEST(answers[1].status == 400);
}

BOOST_AUTO_TEST_SUITE_END()

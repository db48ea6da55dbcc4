#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey::test;
using namespace std::string_literals;

namespace {

// Bad input is refused before a database is asked, so there is none.
struct running {
    server_process server{"postgresql:///none?host=/nonexistent"};
};

constexpr auto path = "/api/v1/auth/verify-api-key";
const std::string start = "POST /api/v1/auth/verify-api-key HTTP/1.1\r\nHost: a\r\n"
                          "Content-Type: application/json\r\n";

std::string typed(const std::string& type, const std::string& body) {
    return "POST "s + path + " HTTP/1.1\r\nHost: a\r\n" +
           (type.empty() ? "" : "Content-Type: " + type + "\r\n") +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(bad_input, running)

BOOST_AUTO_TEST_CASE(each_mistake_gets_its_status_and_a_problem_that_says_what) {
    struct {
        const char* name;
        std::string request;
        int status;
        const char* code;
        const char* says;
        bool closes;
    } const cases[] = {
        {"broken JSON", verify("{\"api_key\":"), 400, "BAD_REQUEST", "not JSON", false},
        {"a wrong type", verify(R"({"api_key":7})"), 400, "BAD_REQUEST", "must be a string", false},
        {"a duplicate", verify(R"({"api_key":"a","api_key":"b"})"), 400, "BAD_REQUEST", "twice",
         false},
        {"an unknown name", verify(R"({"apikey":"a"})"), 400, "BAD_REQUEST", "did you mean", false},
        {"a missing field", verify("{}"), 400, "BAD_REQUEST", "\\\"api_key\\\" is missing", false},
        {"binary", verify("\x00\xff\xfe\x01"s), 400, "BAD_REQUEST", "not JSON", false},
        {"invalid UTF-8", verify("{\"api_key\":\"\xff\"}"), 400, "BAD_REQUEST", "not JSON", false},
        {"no body", verify(""), 400, "BAD_REQUEST", "not JSON", false},
        {"a bad address", verify(R"({"api_key":"a","ip":"1.2.3"})"), 400, "BAD_REQUEST",
         "\\\"ip\\\"", false},
        {"no cost", verify(R"({"api_key":"a","cost":0})"), 400, "BAD_REQUEST", "\\\"cost\\\"",
         false},
        {"a large cost", verify(R"({"api_key":"a","cost":1000001})"), 400, "BAD_REQUEST",
         "\\\"cost\\\"", false},
        {"null for what is required", verify(R"({"api_key":null})"), 400, "BAD_REQUEST",
         "must be a string", false},
        {"null in a list", verify(R"({"api_key":"a","scopes":[null]})"), 400, "BAD_REQUEST",
         "an array of strings", false},
        {"another coding", post(path, "{}", "Content-Encoding: gzip\r\n"), 415,
         "UNSUPPORTED_MEDIA_TYPE", "Content-Encoding", false},
        {"an unknown path without a length", "POST /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", 404,
         "PATH_NOT_FOUND", "GET / lists", false},
        {"an unknown path with a large body",
         "POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n", 404,
         "PATH_NOT_FOUND", "GET / lists", true},
        {"no token and no length", "POST /api/v1/auth/verify-token HTTP/1.1\r\nHost: a\r\n\r\n",
         400, "BAD_REQUEST", "Authorization: Bearer", false},
        {"an unready server's methods", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 503, "UNAVAILABLE",
         "", false},
        {"a form", typed("application/x-www-form-urlencoded", "a=b"), 415, "UNSUPPORTED_MEDIA_TYPE",
         "application/json", false},
        {"no type", typed("", "{}"), 415, "UNSUPPORTED_MEDIA_TYPE", "application/json", false},
        {"an unknown path", get("/nowhere"), 404, "PATH_NOT_FOUND", "GET / lists", false},
        {"a wrong method", get(path), 405, "METHOD_NOT_ALLOWED", "POST", false},
        {"an unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 405, "METHOD_NOT_ALLOWED",
         "GET", false},
        {"a large body", start + "Content-Length: 1000000\r\n\r\n", 413, "CONTENT_TOO_LARGE",
         "65536", true},
        {"no length", start + "\r\n", 411, "LENGTH_REQUIRED", "Content-Length", true},
        {"a long target", get("/" + std::string(9000, 'a')), 414, "URI_TOO_LONG", "", true},
        {"a large header", get("/", "X: " + std::string(20000, 'a') + "\r\n"), 431,
         "HEADER_TOO_LARGE", "", true},
        {"many fields",
         [] {
             std::string fields;
             for (int i = 0; i < 101; ++i)
                 fields += "X: y\r\n";
             return get("/", fields);
         }(),
         431, "HEADER_TOO_LARGE", "", true},
        {"an expectation", start + "Content-Length: 2\r\nExpect: more\r\n\r\n{}", 417,
         "EXPECTATION_FAILED", "", true},
        {"a further coding", start + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501,
         "NOT_IMPLEMENTED", "", true},
        {"HTTP/2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505, "HTTP_VERSION_NOT_SUPPORTED", "",
         true},
        {"bare line feeds", "GET / HTTP/1.1\nHost: a\n\n", 400, "BAD_REQUEST", "line feed", true},
        {"a trailer", start + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: y\r\n\r\n", 400,
         "BAD_REQUEST", "trailer", true},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name) {
            auto connection = server.connect();
            const auto a = connection.ask(c.request);
            BOOST_REQUIRE(a.status == c.status);
            BOOST_TEST(a.field("Content-Type") == "application/problem+json");
            const auto problem = a.json();
            BOOST_TEST(problem.at("status").as_int64() == c.status);
            BOOST_TEST(problem.at("code").as_string() == c.code);
            BOOST_TEST(problem.at("request_id").as_string() == a.field("X-Request-Id"));
            BOOST_TEST_INFO(a.body);
            BOOST_TEST(a.body.find(c.says) != std::string::npos);
            BOOST_TEST(a.has("Connection: close\r\n") == c.closes);
            if (c.closes)
                BOOST_TEST(connection.closed());
            else
                BOOST_TEST(connection.ask(get("/livez")).status == 200);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_client_that_sends_a_megabyte_reads_its_413) {
    auto connection = server.connect();
    connection.send(start + "Content-Length: 1048576\r\n\r\n" + std::string(1048576, 'a'));
    BOOST_TEST(connection.receive().status == 413);
}

// Nothing behind a refused request is answered.
BOOST_AUTO_TEST_CASE(no_smuggled_request_gets_an_answer) {
    const std::string smuggled = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string cases[] = {
        start + "Content-Length: 0\r\nContent-Length: " + std::to_string(smuggled.size()) +
            "\r\n\r\n",
        start + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        start + "Transfer-Encoding: gzip\r\nContent-Length: 0\r\n\r\n",
        start + "Transfer-Encoding : chunked\r\nContent-Length: 0\r\n\r\n",
        start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        start + "Content-Length: 0\r\n X: y\r\n\r\n",
        start + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nX: a\rb\r\nHost: a\r\n\r\n",
    };
    for (const auto& request : cases) {
        BOOST_TEST_CONTEXT(request) {
            auto connection = server.connect();
            connection.send(request + smuggled);
            BOOST_TEST(connection.receive().status == 400);
            BOOST_TEST(connection.receive().status == 0);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

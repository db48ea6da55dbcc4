#include <latchkey/http/exchange.hpp>
#include <latchkey/http/field_values.hpp>
#include <latchkey/http/response.hpp>
#include <latchkey/http/router.hpp>
#include <latchkey/http/service.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey;
using http::exchange;
using http::method;

namespace {

struct nobody final : http::waker {
    void wake() override {}
};

struct api {};
void hello(exchange& ex, api&) {
    ex.answer(200, http::json_type, "{}");
}
constexpr std::array<http::route<api>, 3> routes = {{{method::get, "/a", hello, ""},
                                                     {method::post, "/a", hello, ""},
                                                     {method::post, "/b", hello, ""}}};
constexpr http::router<api, 3> table(routes);

struct answered {
    std::string bytes;
    int status;
    std::size_t endpoint;
    bool closes;
};

answered ask(method m, std::string_view path) {
    http::request request;
    request.method = m;
    request.path = path;
    request.has_content_length = true;
    nobody connection;
    std::string out;
    api nothing;
    const http::answer_terms terms;
    exchange ex(request, "id", out, terms, false, connection);
    table.handle(ex, nothing);
    return {out, ex.status(), ex.endpoint, ex.closes()};
}

} // namespace

BOOST_AUTO_TEST_SUITE(answers)

BOOST_AUTO_TEST_CASE(an_answer_is_these_bytes) {
    std::string out;
    http::append_response(out, {.body = "{}", .request_id = "r1", .extra_fields = "Age: 0\r\n"});
    BOOST_TEST(out == "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
                      "X-Request-Id: r1\r\nAge: 0\r\n\r\n{}");
    out.clear();
    http::append_response(
        out, {.status = 503, .body = "x", .request_id = "r", .without_body = true, .close = true});
    BOOST_TEST(out == "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
                      "Content-Length: 1\r\nX-Request-Id: r\r\nConnection: close\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(a_problem_is_a_problem_document) {
    std::string out;
    http::append_problem(out, 503, "the \"database\" is away", "r1");
    const auto problem = boost::json::parse(out).as_object();
    BOOST_TEST(problem.at("type").as_string() == "about:blank");
    BOOST_TEST(problem.at("title").as_string() == "Service Unavailable");
    BOOST_TEST(problem.at("status").as_int64() == 503);
    BOOST_TEST(problem.at("detail").as_string() == "the \"database\" is away");
    BOOST_TEST(problem.at("code").as_string() == "UNAVAILABLE");
    BOOST_TEST(problem.at("request_id").as_string() == "r1");
}

BOOST_AUTO_TEST_CASE(routes_by_path_and_method) {
    struct {
        method m;
        const char* path;
        int status;
        std::size_t endpoint;
        const char* allow;
    } const cases[] = {
        {method::get, "/a", 200, 1, ""},
        {method::head, "/a", 200, 1, ""},
        {method::post, "/a", 200, 2, ""},
        {method::delete_, "/a", 405, 2, "Allow: GET, HEAD, POST, OPTIONS\r\n"},
        {method::get, "/b", 405, 3, "Allow: POST, OPTIONS\r\n"},
        {method::head, "/b", 405, 3, "Allow: POST, OPTIONS\r\n"},
        {method::other, "/b", 405, 3, "Allow: POST, OPTIONS\r\n"},
        {method::get, "/A", 404, 0, ""},
        {method::get, "/a/", 404, 0, ""},
        {method::options, "/a", 204, 2, "Allow: GET, HEAD, POST, OPTIONS\r\n"},
        {method::options, "/b", 204, 3, "Allow: POST, OPTIONS\r\n"},
        {method::options, "/c", 404, 0, ""},
        {method::options, "*", 204, 0, "Allow: GET, HEAD, POST, OPTIONS\r\n"},
        {method::get, "*", 404, 0, ""},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(http::name_of(c.m) << " " << c.path) {
            const auto a = ask(c.m, c.path);
            BOOST_TEST(a.status == c.status);
            BOOST_TEST(a.endpoint == c.endpoint);
            BOOST_TEST(a.bytes.find(c.allow) != std::string::npos);
            BOOST_TEST(!a.closes);
        }
    }
    BOOST_TEST(ask(method::head, "/a").bytes.ends_with("\r\n\r\n"));
}

// Refusals that concern the framing of a request do not reach an endpoint.
BOOST_AUTO_TEST_CASE(a_connection_outlives_what_an_endpoint_refuses) {
    for (const int status : {400, 404, 415, 503})
        for (const bool last : {false, true}) {
            http::request request;
            nobody connection;
            std::string out;
            const http::answer_terms terms;
            exchange ex(request, "id", out, terms, false, connection);
            if (last) ex.end_connection();
            ex.refuse({status, "no", "X: y\r\n"});
            BOOST_TEST(ex.closes() == last);
            BOOST_TEST((out.find("Connection: close\r\n") != std::string::npos) == last);
            BOOST_TEST(out.find("\r\nX: y\r\n") != std::string::npos);
            BOOST_TEST((out.find("Retry-After: 1\r\n") != std::string::npos) == (status == 503));
        }
}

BOOST_AUTO_TEST_CASE(an_answer_that_had_to_wait_has_the_terms_of_its_writing) {
    http::request request;
    nobody connection;
    std::string out;
    http::answer_terms terms{"Date: one\r\n", false};
    exchange ex(request, "id", out, terms, false, connection);
    terms = {"Date: two, and longer than before\r\n", true};
    ex.answer(200, http::json_type, "{}");
    BOOST_TEST(out.starts_with("HTTP/1.1 200 OK\r\nDate: two, and longer than before\r\n"));
    BOOST_TEST(out.find("Connection: close\r\n") != std::string::npos);
    BOOST_TEST(ex.closes());
}

BOOST_AUTO_TEST_CASE(request_ids_are_kept_when_well_formed) {
    struct {
        std::string id;
        bool good;
    } const cases[] = {{"a", true},
                       {"01HZX-._~+/=:", true},
                       {std::string(128, 'a'), true},
                       {"", false},
                       {std::string(129, 'a'), false},
                       {"a b", false},
                       {"a\tb", false},
                       {"\xc3\xa9", false},
                       {"a\"b", false},
                       {"<script>", false}};
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.id) {
            BOOST_TEST(http::is_request_id(c.id) == c.good);
        }
    }
}

BOOST_AUTO_TEST_CASE(made_ids_differ) {
    http::request_ids ids(0x0123456789abcdef);
    std::array<char, 32> first{};
    std::array<char, 32> second{};
    ids.next(first);
    ids.next(second);
    BOOST_TEST(std::string_view(first.data(), 32) == "0123456789abcdef0000000000000001");
    BOOST_TEST((first != second));
}

BOOST_AUTO_TEST_CASE(media_types) {
    BOOST_TEST(http::is_json("application/json"));
    BOOST_TEST(http::is_json("Application/JSON; charset=utf-8"));
    BOOST_TEST(http::is_json("application/json ;x=y"));
    BOOST_TEST(!http::is_json(""));
    BOOST_TEST(!http::is_json("application/x-www-form-urlencoded"));
    BOOST_TEST(!http::is_json("application/jsonp"));
    BOOST_TEST(!http::is_json("text/json"));
}

BOOST_AUTO_TEST_CASE(codings_of_bodies) {
    for (const auto* none : {"", "identity", "Identity , identity", " , "})
        BOOST_TEST_CONTEXT(none) BOOST_TEST(!http::names_coding(none));
    for (const auto* some : {"gzip", "identity, gzip", "gzip, identity", "deflate,br", "x"})
        BOOST_TEST_CONTEXT(some) BOOST_TEST(http::names_coding(some));
}

BOOST_AUTO_TEST_CASE(dates) {
    BOOST_TEST(http::date_line(784111777) == "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
}

BOOST_AUTO_TEST_SUITE_END()

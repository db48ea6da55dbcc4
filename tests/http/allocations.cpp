// An ordinary request must allocate nothing: this counts every call of operator new in the program.
#include "http/head_scanner.hpp"
#include "http/request_parser.hpp"

#include <latchkey/http/exchange.hpp>
#include <latchkey/http/json_body.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t calls_of_new = 0;

} // namespace

// g++ inlines one of the two functions but not the other, and then warns that they do not match.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

void* operator new(std::size_t size) {
    ++calls_of_new;
    if (void* p = std::malloc(size ? size : 1)) return p;
    throw std::bad_alloc();
}
void operator delete(void* p) noexcept {
    std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
    std::free(p);
}

using namespace latchkey;

namespace {

struct nobody final : http::waker {
    void wake() override {}
};

constexpr std::array<http::json_field, 2> fields = {
    {{"api_key", http::json_kind::text, true}, {"scopes", http::json_kind::texts}}};

} // namespace

BOOST_AUTO_TEST_SUITE(allocations)

BOOST_AUTO_TEST_CASE(an_ordinary_request_allocates_nothing) {
    const std::string body =
        R"({"api_key":"lk_live_0123456789012345678901234567890123456","scopes":["devices:read"]})";
    const std::string head = "POST /api/v1/auth/verify-api-key HTTP/1.1\r\nHost: localhost:8080\r\n"
                             "User-Agent: a-client/1.0\r\nAccept: */*\r\n"
                             "Content-Type: application/json\r\nContent-Length: 86\r\n\r\n";
    const std::string bytes = head + body;
    const http::configuration limits;
    const http::answer_terms terms{"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", false};
    http::json_body json;
    nobody connection;
    std::string out;
    // What a connection and a worker keep is allocated by the first request.
    for (int round = 0; round < 3; ++round) {
        out.clear();
        const auto before = calls_of_new;
        http::head_scanner scanner;
        http::request request;
        const auto found = scanner.scan(bytes, limits);
        const auto refused = http::parse_request(head, limits, request);
        const auto malformed = json.read(body, fields);
        http::exchange ex(request, "0123456789abcdef0123456789abcdef", out, terms, false,
                          connection);
        ex.answer(200, http::json_type, body, "X-Auth-Cache: none\r\n");
        const auto counted = calls_of_new - before;
        BOOST_TEST((found == http::head_scanner::outcome::complete));
        BOOST_TEST(!refused);
        BOOST_TEST(!malformed);
        if (round > 0) BOOST_TEST(counted == 0u);
    }
}

BOOST_AUTO_TEST_SUITE_END()

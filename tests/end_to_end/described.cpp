// The description of the API is served, and whatever differs from it fails a test.
#include "../integration/support.hpp"
#include "../support/unpacked.hpp"
#include "support.hpp"
#include "support_description.hpp"
#include "support_schema.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

using namespace latchkey::test;

namespace {

// As a server answers, with the fields that every answer has.
std::string head_of(const std::string& status, const std::string& fields,
                    const std::string& type = "application/json") {
    return "HTTP/1.1 " + status + "\r\nContent-Type: " + type +
           "\r\nContent-Length: 1\r\nX-Request-Id: abc\r\n" + fields;
}

sent_request asked(const std::string& bytes) {
    sent_requests all;
    BOOST_REQUIRE(all.add(bytes));
    BOOST_REQUIRE(!all.empty());
    return all.take();
}

const std::string invalid = R"({"valid":false,"code":"NOT_FOUND"})";
const std::string valid = R"({"valid":true,"code":"VALID","key_id":"k","organization_id":"o",)"
                          R"("name":null,"external_id":null,"scopes":["a"],"metadata":{},)"
                          R"("expires_at":"2027-01-01T00:00:00Z"})";
const std::string uncached = "X-Auth-Cache: none\r\n";

} // namespace

BOOST_AUTO_TEST_SUITE(described)

BOOST_AUTO_TEST_CASE(it_is_served_with_a_tag_to_any_origin) {
    const migrated_database database;
    const server_process server(database.uri());
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    auto connection = server.connect();
    for (const std::string path : {"/openapi.json", "/.well-known/jwks.json"}) {
        const auto plain = connection.ask(get(path));
        BOOST_TEST(plain.status == 200);
        BOOST_TEST(plain.field("Content-Type") == "application/json");
        BOOST_TEST(plain.field("Access-Control-Allow-Origin") == "*");
        BOOST_TEST(plain.field("Cache-Control") == "public, max-age=300");
        const auto known =
            connection.ask(get(path, "If-None-Match: " + plain.field("ETag") + "\r\n"));
        BOOST_TEST(known.status == 304);
        BOOST_TEST(known.field("Access-Control-Allow-Origin") == "*");
        BOOST_TEST(known.field("ETag") == plain.field("ETag"));
    }
    const auto plain = connection.ask(get("/openapi.json"));
    BOOST_TEST(plain.json().at("openapi") == "3.1.0");
    const auto packed = connection.ask(get("/openapi.json", "Accept-Encoding: gzip\r\n"));
    BOOST_TEST(packed.field("Content-Encoding") == "gzip");
    BOOST_TEST((unpacked(packed.body) == plain.body));
    BOOST_TEST(packed.field("ETag") != plain.field("ETag"));
    for (const std::string path : {"/", "/livez", "/metrics"})
        BOOST_TEST(connection.ask(get(path)).field("Access-Control-Allow-Origin") == "");
}

BOOST_AUTO_TEST_CASE(a_wrong_answer_is_found) {
    const auto question = asked(verify(R"({"api_key":"a"})"));
    struct {
        const char* what;
        std::string head;
        std::string body;
        const char* found; // a part of what is said; empty: nothing is
    } const table[] = {
        {"good", head_of("200 OK", "X-Auth-Cache: hit\r\nAge: 0\r\n"), valid, ""},
        {"bad", head_of("200 OK", uncached), invalid, ""},
        {"a status", head_of("202 Accepted", uncached), invalid, "this status is not described"},
        {"a code", head_of("200 OK", uncached), R"({"valid":false,"code":"NO"})", "none of"},
        {"a half of one", head_of("200 OK", uncached), R"({"valid":true,"code":"NOT_FOUND"})",
         "body.valid is true, not false"},
        {"a member is missing", head_of("200 OK", uncached), R"({"valid":true,"code":"VALID"})",
         "has no member \"key_id\""},
        {"a member is too much", head_of("200 OK", uncached),
         R"({"valid":false,"code":"NOT_FOUND","hint":1})", "body.hint is not described"},
        {"no time", head_of("200 OK", uncached),
         std::string(valid).replace(valid.find("2027-"), 5, "27-"), "RFC 3339"},
        {"no JSON", head_of("200 OK", uncached), "no", "not JSON"},
        {"a type", head_of("200 OK", uncached, "text/html"), invalid, "content type"},
        {"a field is missing", head_of("200 OK", ""), invalid, "no field X-Auth-Cache"},
        {"a field's word", head_of("200 OK", "X-Auth-Cache: yes\r\n"), invalid, "none of"},
        {"a field's number", head_of("200 OK", uncached + "Age: old\r\n"), invalid, "Age"},
        {"a field is too much", head_of("200 OK", uncached + "Server: x\r\n"), invalid, "server"},
        {"no problem document", head_of("400 Bad Request", ""), "{}", "content type"},
        {"a poor one", head_of("400 Bad Request", "", "application/problem+json"), "{}",
         "has no member \"type\""},
        {"no Retry-After", head_of("503 Service Unavailable", "", "application/problem+json"), "{}",
         "no field Retry-After"},
        {"not here", head_of("409 Conflict", "", "application/problem+json"), "{}",
         "this status is not described"},
    };
    for (const auto& row : table)
        BOOST_TEST_CONTEXT(row.what) {
            const auto why =
                undescribed(question, std::stoi(row.head.substr(9, 3)), row.head, row.body);
            if (*row.found)
                BOOST_TEST(why.find(row.found) != why.npos, "found: " << why);
            else
                BOOST_TEST(why == "");
        }
}

BOOST_AUTO_TEST_CASE(a_wrong_request_that_was_taken_is_found) {
    const auto ok = head_of("200 OK", uncached);
    const auto found = [&](const std::string& request) {
        return undescribed(asked(request), 200, ok, invalid);
    };
    BOOST_TEST(found(verify(R"({"api_key":"a","scopes":null})")) == "");
    BOOST_TEST(found(verify(R"({"api_key":null})")).find("type") != std::string::npos);
    BOOST_TEST(found(verify(R"({"api_key":"a","scope":"a"})")).find("scope is not described") !=
               std::string::npos);
    BOOST_TEST(found(verify(R"({"api_key":"a","cost":0})")).find("less than 1") !=
               std::string::npos);
    BOOST_TEST(found(verify("")) == "the request has no body");
    BOOST_TEST(found(post("/api/v1/auth/verify-api-keys", "{}")) ==
               "the path or the method is not described");
    BOOST_TEST(found(get("/api/v1/auth/verify-api-key")) ==
               "the path or the method is not described");

    const auto list = [](const std::string& query) {
        return undescribed(asked(get("/admin/v1/devices?" + query)), 200, head_of("200 OK", ""),
                           R"({"devices":[],"next_cursor":null})");
    };
    BOOST_TEST(list("limit=1000&state=active&name=a%20b") == "");
    BOOST_TEST(list("limit=1001").find("more than 1000") != std::string::npos);
    BOOST_TEST(list("state=lost").find("none of") != std::string::npos);
    BOOST_TEST(list("sort=name") == "the request's parameter sort is not described");
}

BOOST_AUTO_TEST_CASE(bad_items_are_those_that_the_answer_names) {
    const auto batch = asked(post("/api/v1/auth/verify-batch",
                                  R"({"items":[{"type":"api_key","api_key":"a"},{"type":"no"}]})"));
    const auto found = [&](const std::string& second) {
        return undescribed(batch, 200, head_of("200 OK", uncached),
                           R"({"results":[)" + invalid + R"(,{"valid":false,"code":")" + second +
                               R"("}],"valid_count":0,"invalid_count":2,"undecided_count":0})");
    };
    BOOST_TEST(found("INVALID_FORMAT") == "");
    BOOST_TEST(found("NOT_FOUND").find("items[1]") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_connection_of_the_tests_is_watched) {
    BOOST_REQUIRE((connection_watches() != nullptr));
    BOOST_TEST((dynamic_cast<described_exchanges*>(connection_watches()().get()) != nullptr));
}

BOOST_AUTO_TEST_CASE(requests_are_told_apart_or_not_at_all) {
    sent_requests two;
    const auto whole = verify(R"({"api_key":"a"})") + get("/livez");
    for (const char byte : whole)
        BOOST_TEST(two.add(std::string_view(&byte, 1)));
    BOOST_TEST(two.take().target == "/api/v1/auth/verify-api-key");
    BOOST_TEST(two.take().target == "/livez");
    BOOST_TEST(two.empty());
    for (const std::string unsure :
         {"GET /\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n",
          "\x16\x03\x01 / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nA : b\r\n\r\n",
          "GET / HTTP/1.1\r\n b\r\n\r\n", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", "GET / HTTP/1.1\r\nA: \nb\r\n\r\n"}) {
        sent_requests all;
        BOOST_TEST(!all.add(unsure), unsure);
    }
}

BOOST_AUTO_TEST_CASE(an_unknown_keyword_is_an_error_of_the_tests) {
    const auto with = [](const std::string& schema) {
        return boost::json::parse(R"({"components":{"schemas":{"A":)" + schema + "}}}");
    };
    const auto known = with(R"({"items":{"type":"string"}})");
    BOOST_CHECK_NO_THROW(schema_checker{known});
    for (const std::string schema :
         {R"({"pattern":"a"})", R"({"items":{"pattern":"a"}})", R"({"format":"uri"})",
          R"({"properties":{"a":{"anyOf":[{"not":{}}]}}})"}) {
        const auto unknown = with(schema);
        BOOST_CHECK_THROW(schema_checker{unknown}, std::logic_error);
    }
}

BOOST_AUTO_TEST_SUITE_END()

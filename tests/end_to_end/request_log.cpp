// One line of the log says why somebody was refused.
#include "cached_keys.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <set>
#include <sstream>
#include <vector>

using namespace latchkey::test;

namespace {

std::vector<boost::json::object> request_lines(const server_process& server) {
    std::vector<boost::json::object> out;
    std::istringstream lines(server.log());
    for (std::string line; std::getline(lines, line);)
        if (line.find("\"message\":\"request\"") != std::string::npos)
            out.push_back(boost::json::parse(line).as_object());
    return out;
}

std::string at(const boost::json::object& line, std::string_view name) {
    const auto* found = line.if_contains(name);
    if (!found) return {};
    return found->is_string() ? std::string(found->as_string())
                              : std::to_string(found->to_number<int>());
}

} // namespace

BOOST_AUTO_TEST_SUITE(request_log)

BOOST_AUTO_TEST_CASE(a_refused_customer_is_explained_by_one_line) {
    migrated_database database;
    const server_process server(database.uri());
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto key = server.create_key(server.create_organization("acme"));
    BOOST_TEST(gets_cached(server, key));
    const auto is_valid = [](const auto& line) { return at(line, "verdict") == "VALID"; };
    BOOST_TEST(std::ranges::none_of(request_lines(server), is_valid)); // good ones have no line
    const auto key_id = database.value("select key_id from latchkey.api_keys");
    BOOST_TEST(server.command({"key", "revoke", key_id, "--yes"}).exit_code == 0);
    // The first answer is looked up; the next ones are cached.
    BOOST_TEST(soon([&] {
        server.ask(
            post("/api/v1/auth/verify-api-key", question_of(key), "X-Request-Id: at-0312\r\n"));
        return server.log().find("\"cache\":\"hit\"") != std::string::npos;
    }));
    const auto lines = request_lines(server);
    BOOST_REQUIRE(!lines.empty());
    const auto& line = lines.back();
    BOOST_TEST(at(line, "level") == "info");
    BOOST_TEST(at(line, "listener") == "public");
    BOOST_TEST(at(line, "method") == "POST");
    BOOST_TEST(at(line, "path") == "/api/v1/auth/verify-api-key");
    BOOST_TEST(at(line, "endpoint") == "/api/v1/auth/verify-api-key");
    BOOST_TEST(at(line, "status") == "200");
    BOOST_TEST(at(line, "verdict") == "REVOKED");
    BOOST_TEST(at(line, "kind") == "api_key");
    BOOST_TEST(at(line, "credential") == key_id);
    BOOST_TEST(at(line, "organization") == "acme");
    BOOST_TEST(at(line, "client") == "127.0.0.1");
    BOOST_TEST(at(line, "cache") == "hit");
    BOOST_TEST(at(line, "request_id") == "at-0312");
    BOOST_TEST(line.contains("microseconds"));
    BOOST_TEST(server.log().find(key) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(each_refusal_and_error_has_a_line_and_good_ones_are_sampled) {
    const migrated_database database;
    const server_process server(database.uri(), "workers = 1\n", "[log]\nrequests_one_in = 10\n");
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto before = request_lines(server).size();
    auto connection = server.connect();
    for (int i = 0; i < 100; ++i)
        connection.ask(get("/livez"));
    connection.ask(verify("{"));
    connection.ask(get("/nowhere"));
    connection.ask(verify(R"({"api_key":"misshapen"})"));
    connection.ask(post("/api/v1/auth/verify-token", R"({"token":"x"})", "X-Request-Id: end\r\n"));
    BOOST_TEST(server.says("\"end\""));
    int good = 0;
    std::string others;
    const auto lines = request_lines(server);
    for (std::size_t i = before; i < lines.size(); ++i) {
        if (at(lines[i], "endpoint") == "/livez")
            ++good;
        else
            others += at(lines[i], "status") + ' ' + at(lines[i], "verdict") + ';';
    }
    BOOST_TEST(good == 10);
    BOOST_TEST(others == "400 BAD_REQUEST;404 PATH_NOT_FOUND;200 NOT_FOUND;200 INVALID_FORMAT;",
               others);
}

// A line for each item that is not good, with its number.
BOOST_AUTO_TEST_CASE(a_batch_explains_each_item_that_is_refused) {
    migrated_database database;
    const server_process server(database.uri());
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto organization = server.create_organization("acme");
    const auto good = server.create_key(organization);
    const auto revoked = server.create_key(organization);
    database.exec("update latchkey.api_keys set revoked_at = now()" + whose_hash_is_of(revoked));
    const auto key_id =
        database.value("select key_id from latchkey.api_keys" + whose_hash_is_of(revoked));
    const auto item = [](const std::string& key) {
        return R"({"type":"api_key","api_key":")" + key + "\"}";
    };
    const auto body = R"({"items":[)" + item(good) + ',' + item(revoked) + ',' +
                      item("lk_live_misshapen") + R"(,{"type":"passport"},)" +
                      R"({"type":"token","token":"x"}]})";
    const auto told =
        server.ask(post("/api/v1/auth/verify-batch", body, "X-Request-Id: batch-1\r\n"));
    BOOST_TEST(told.status == 200);
    BOOST_REQUIRE(soon([&] {
        return std::ranges::count(request_lines(server), "batch-1",
                                  [](const auto& line) { return at(line, "request_id"); }) == 4;
    }));
    std::set<std::string> seen; // those that waited come last
    for (const auto& line : request_lines(server))
        if (at(line, "request_id") == "batch-1") {
            seen.insert(at(line, "item") + ' ' + at(line, "kind") + ' ' + at(line, "verdict"));
            BOOST_TEST(at(line, "path") == "/api/v1/auth/verify-batch");
            BOOST_TEST(at(line, "client") == "127.0.0.1");
            if (at(line, "item") == "2") {
                BOOST_TEST(at(line, "credential") == key_id);
                BOOST_TEST(at(line, "organization") == "acme");
            }
            if (at(line, "item") != "2") BOOST_TEST(!at(line, "reason").empty());
        }
    const std::set<std::string> expected = {"2 api_key REVOKED", "3 api_key INVALID_FORMAT",
                                            "4  INVALID_FORMAT", "5 token INVALID_FORMAT"};
    BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_ending_that_is_refused_and_a_trace_are_in_the_line) {
    const migrated_database database;
    const server_process server(database.uri());
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    BOOST_TEST(server
                   .ask(post("/api/v1/auth/revoke", R"({"api_key":"lk_live_misshapen"})",
                             "traceparent: 00-" + trace + "-00f067aa0ba902b7-00\r\n"))
                   .status == 200);
    BOOST_TEST(server.says(trace));
    const auto line = request_lines(server).back();
    BOOST_TEST(at(line, "trace_id") == trace);
    BOOST_TEST(at(line, "kind") == "api_key");
    BOOST_TEST(at(line, "verdict") == "INVALID_FORMAT");
    BOOST_TEST(!at(line, "reason").empty());
    server.ask(verify(R"({"api_key":1})"));
    BOOST_TEST(server.says("field \\\"api_key\\\" must be a string"));
}

BOOST_AUTO_TEST_SUITE_END()

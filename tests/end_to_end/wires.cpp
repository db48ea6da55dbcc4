// Habits of many kinds of clients: null for absent members, requests behind a refused one, health
// checks by OPTIONS, and the two forms of /metrics.
#include "../support/exposition.hpp"
#include "issuing_nodes.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <memory>
#include <string>

using namespace latchkey::test;

namespace {

struct running {
    issuing_nodes nodes;
    std::unique_ptr<server_process> server = nodes.start();
    std::string organization = server->create_organization();
    std::string key = server->create_key(organization, {"--scopes", "read"});
    std::string token = issuing_nodes::issue(*server, key);
    boost::json::object device =
        boost::json::parse(server
                               ->command({"device", "register", "--organization", organization,
                                          "--name", "d", "--json"})
                               .out)
            .as_object();
    std::string device_id{device.at("device_id").as_string()};
    std::string device_secret{device.at("device_secret").as_string()};
};

std::string in_quotes(const std::string& text) {
    return '"' + text + '"';
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(wires, running)

BOOST_AUTO_TEST_CASE(null_is_absent_where_nothing_is_required) {
    const auto k = in_quotes(key);
    const auto id = in_quotes(device_id);
    const auto secret = in_quotes(device_secret);
    const auto bearer = "Authorization: Bearer " + token + "\r\n";
    const struct {
        const char* path;
        std::string body;
        std::string fields;
        const char* code;
    } cases[] = {
        {"verify-api-key", R"({"api_key":)" + k + R"(,"scopes":null,"ip":null,"cost":null})", "",
         "VALID"},
        {"verify-api-key", R"({"api_key":)" + k + R"(,"scopes":["write"],"ip":null})", "",
         "INSUFFICIENT_SCOPES"},
        {"verify-api-key", R"({"api_key":null})", "", "400"},
        {"verify-api-key", R"({"api_key":)" + k + R"(,"scopes":[null]})", "", "400"},
        {"verify-api-key", R"({"api_key":)" + k + R"(,"scope":null})", "", "400"},
        {"verify-api-key", "null", "", "400"},
        {"verify-token", R"({"token":)" + in_quotes(token) + R"(,"audience":null,"scopes":null})",
         "", "VALID"},
        {"verify-token", R"({"token":null,"audience":null,"scopes":null})", bearer, "VALID"},
        {"verify-token", R"({"token":null,"audience":null,"scopes":null})", "", "400"},
        {"verify-token", R"({"scopes":["read",null]})", bearer, "400"},
        {"authenticate-device",
         R"({"device_id":)" + id + R"(,"device_secret":)" + secret +
             R"(,"scopes":null,"issue_token":null})",
         "", "VALID"},
        {"authenticate-device", R"({"device_id":)" + id + R"(,"device_secret":null})", "", "400"},
        {"generate-token",
         R"({"api_key":)" + k +
             R"(,"device_id":null,"device_secret":null,"audience":null,"scopes":null,)"
             R"("expires_in":null,"ip":null})",
         "", "VALID"},
        {"generate-token",
         R"({"api_key":null,"device_id":)" + id + R"(,"device_secret":)" + secret +
             R"(,"audience":null,"scopes":null,"expires_in":null,"ip":null})",
         "", "VALID"},
        {"generate-token", R"({"api_key":null,"device_id":null,"device_secret":null})", "", "400"},
        {"verify-batch", R"({"items":null})", "", "400"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.path << ' ' << c.body)
    BOOST_TEST(code_of(server->ask(
                   post("/api/v1/auth/" + std::string(c.path), c.body, c.fields))) == c.code);
}

// Some programs have one type for items of all kinds, and send null for the members of others.
BOOST_AUTO_TEST_CASE(null_in_a_batch) {
    const std::string nulls = R"(,"scopes":null,"ip":null,"cost":null,"audience":null,)"
                              R"("issue_token":null,)";
    const auto answer = server->ask(post(
        "/api/v1/auth/verify-batch",
        R"({"items":[{"type":"api_key","api_key":)" + in_quotes(key) + nulls +
            R"("token":null,"device_id":null,"device_secret":null},{"type":"token","token":)" +
            in_quotes(token) + nulls +
            R"("api_key":null,"device_id":null,"device_secret":null},{"type":"device","device_id":)" +
            in_quotes(device_id) + R"(,"device_secret":)" + in_quotes(device_secret) + nulls +
            R"("api_key":null,"token":null},{"type":"api_key","api_key":null},)"
            R"({"type":null,"api_key":"x"},{"type":"api_key","api_key":)" +
            in_quotes(key) + R"(,"scopes":[null]},null]})"));
    BOOST_REQUIRE_MESSAGE(answer.status == 200 && answer.json().contains("results"), answer.body);
    const auto told = answer.json();
    std::string codes;
    for (const auto& result : told.at("results").as_array())
        codes += std::string(result.at("code").as_string()) + ' ';
    BOOST_TEST(codes ==
               "VALID VALID VALID INVALID_FORMAT INVALID_FORMAT INVALID_FORMAT INVALID_FORMAT ");
}

BOOST_AUTO_TEST_CASE(null_on_the_admin_socket) {
    const auto made =
        run({"/usr/bin/curl", "-s", "--unix-socket", server->admin_socket(),
             "http://a/admin/v1/api-keys", "-H", "Content-Type: application/json", "-d",
             R"({"organization_id":)" + in_quotes(organization) +
                 R"(,"name":"n","scopes":null,"expires_in":null,"external_id":null,)"
                 R"("metadata":null,"allowed_ips":null,"env":null,)"
                 R"("rate_limit":{"quantity":5,"window":60,"burst":null}})"});
    const auto body = boost::json::parse(made.out).as_object();
    BOOST_TEST(body.at("expires_at").is_null());
    BOOST_TEST(body.at("rate_limit").at("burst").as_int64() == 5);
    // A request without a body needs no length.
    const auto revoked = run(
        {"/usr/bin/curl", "-s", "-X", "POST", "--unix-socket", server->admin_socket(),
         "http://a/admin/v1/api-keys/" + std::string(body.at("key_id").as_string()) + "/revoke"});
    BOOST_TEST(boost::json::parse(revoked.out).as_object().contains("revoked_at"));
}

BOOST_AUTO_TEST_CASE(a_connection_outlives_bodies_that_are_no_json) {
    const auto bad = verify("{");
    const auto good = verify(question_of(key));
    auto connection = server->connect();
    connection.send(bad + good + bad + bad + good);
    for (const int status : {400, 200, 400, 400, 200})
        BOOST_TEST(connection.receive().status == status);
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(connection.ask(bad).status == 400);
        BOOST_TEST(code_of(connection.ask(good)) == "VALID");
    }
    const auto last =
        connection.ask(post("/api/v1/auth/verify-api-key", "{", "Connection: close\r\n"));
    BOOST_TEST(last.has("Connection: close\r\n"));
    BOOST_TEST(connection.closed());
}

BOOST_AUTO_TEST_CASE(a_token_in_authorization_needs_no_body) {
    const auto asked = "POST /api/v1/auth/verify-token HTTP/1.1\r\nHost: a\r\n"
                       "Authorization: Bearer " +
                       token + "\r\n\r\n";
    auto connection = server->connect();
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(code_of(connection.ask(asked)) == "VALID");
    connection.send("POST /api/v1/auth/generate-token HTTP/1.1\r\nHost: a\r\n\r\n");
    BOOST_TEST(connection.receive().status == 411);
    BOOST_TEST(connection.closed());
}

BOOST_AUTO_TEST_CASE(options_tell_methods_and_health) {
    const struct {
        const char* target;
        const char* allow;
    } cases[] = {{"/", "GET, HEAD, OPTIONS"},
                 {"*", "GET, HEAD, POST, OPTIONS"},
                 {"http://a", "GET, HEAD, OPTIONS"},
                 {"/livez?x", "GET, HEAD, OPTIONS"},
                 {"/api/v1/auth/verify-api-key", "POST, OPTIONS"}};
    auto connection = server->connect();
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.target) {
            // HAProxy's bare `option httpchk` sends HTTP/1.0 without a Host.
            for (const auto* rest :
                 {" HTTP/1.1\r\nHost: a\r\n\r\n", " HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"}) {
                const auto told = connection.ask("OPTIONS " + std::string(c.target) + rest);
                BOOST_TEST(told.status == 204);
                BOOST_TEST(told.field("Allow") == c.allow);
                BOOST_TEST(told.head.starts_with("HTTP/1.1 204 No Content\r\n"));
                BOOST_TEST(!told.has("Content-Length"));
                BOOST_TEST(!told.has("Content-Type"));
            }
        }
    BOOST_TEST(connection.ask("OPTIONS /nowhere HTTP/1.1\r\nHost: a\r\n\r\n").status == 404);
    BOOST_TEST(metric(*server, "auth_requests_total{method=\"OPTIONS\",endpoint=\"/livez\",status="
                               "\"204\"}") == 2);
}

BOOST_AUTO_TEST_CASE(metrics_come_in_the_form_that_weighs_most) {
    const auto type_for = [&](const std::string& fields) {
        return server->ask(get("/metrics", fields)).field("Content-Type");
    };
    const std::string text = "text/plain; version=0.0.4; charset=utf-8";
    const std::string openmetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    BOOST_TEST(type_for("") == text);
    BOOST_TEST(type_for("Accept: */*\r\n") == text);
    BOOST_TEST(type_for("Accept: application/openmetrics-text\r\n") == openmetrics);
    BOOST_TEST(type_for("Accept: application/openmetrics-text;q=0.2,text/plain;q=0.3\r\n") == text);
    BOOST_TEST(type_for("Accept: text/plain;q=0.2\r\nHost2: b\r\nACCEPT: "
                        "application/openmetrics-text;q=0.3\r\n") == openmetrics);
    BOOST_TEST(type_for("Accept: application/openmetrics-text;q=0.3\r\nAccept: text/plain\r\n") ==
               text);
}

BOOST_AUTO_TEST_CASE(strict_readers_take_the_metrics) {
    server->ask(verify(question_of(key)));
    server->ask(verify("{"));
    server->ask(get("/nowhere"));
    const auto text = server->ask(get("/metrics")).body;
    using format = exposition::format;
    BOOST_TEST(exposition::complaint(text, format::prometheus) == "");
    const auto openmetrics =
        server->ask(get("/metrics", "Accept: application/openmetrics-text\r\n")).body;
    BOOST_TEST(exposition::complaint(openmetrics, format::openmetrics) == "");
    const temporary_folder folder;
    std::ofstream(folder.file("page")) << text;
    const auto said = run({"/bin/sh", "-c", "promtool check metrics < " + folder.file("page")});
    BOOST_TEST(said.exit_code == 0);
    BOOST_TEST(said.out + said.err == "");
}

BOOST_AUTO_TEST_SUITE_END()

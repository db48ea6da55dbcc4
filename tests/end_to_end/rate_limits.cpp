// Policies of [[rate_limit.policies]] over real sockets.
#include "issuing_nodes.hpp"

#include <boost/json/array.hpp>

using namespace latchkey::test;

namespace {

// There is no database: malformed tokens are decided without one.
const char* const nowhere = "postgresql:///none?host=/nonexistent";

std::string policy(const std::string& name, const std::string& lines) {
    return "[[rate_limit.policies]]\nname = \"" + name + "\"\n" + lines;
}
// The limit is so slow that nothing is given back while a test runs.
const std::string three_an_hour = "quantity = 3\nwindow = \"1h\"\n";

std::string ask_about_nothing(std::string_view fields = {}) {
    return post("/api/v1/auth/verify-token", R"({"token":"x"})", fields);
}
std::string forwarded(const std::string& value) {
    return "X-Forwarded-For: " + value + "\r\n";
}
std::string batch_of(std::size_t count,
                     const std::string& item = R"({"type":"token","token":"x"})") {
    std::string out = R"({"items":[)";
    for (std::size_t i = 0; i < count; ++i)
        out += (i == 0 ? "" : ",") + item;
    return post("/api/v1/auth/verify-batch", out + "]}");
}

} // namespace

BOOST_AUTO_TEST_SUITE(rate_limits)

BOOST_AUTO_TEST_CASE(the_older_services_plan) {
    const server_process server(nowhere, "",
                                policy("verify-token", "endpoints = \"verify-token\"\n"
                                                       "counts = \"address\"\n"
                                                       "quantity = 100\nwindow = \"1m\"\n"));
    BOOST_REQUIRE(server.wait_for("/livez", 200));
    auto client = server.connect();
    const auto first = client.ask(ask_about_nothing());
    BOOST_TEST(code_of(first) == "INVALID_FORMAT");
    BOOST_TEST(first.field("RateLimit-Policy") == "\"verify-token\";q=100;w=60");
    BOOST_TEST(first.field("RateLimit") == "\"verify-token\";r=99;t=1");
    int allowed = 1;
    answer last;
    for (int i = 0; i < 300; ++i) {
        last = client.ask(ask_about_nothing());
        allowed += last.status == 200;
    }
    // Some requests are given back meanwhile.
    BOOST_TEST(allowed >= 100);
    BOOST_TEST(allowed < 140);
    if (last.status == 200)
        for (int i = 0; i < 200 && last.status == 200; ++i)
            last = client.ask(ask_about_nothing());
    BOOST_REQUIRE(last.status == 429);
    BOOST_TEST(last.field("Content-Type") == "application/problem+json");
    BOOST_TEST(last.json().at("code").as_string() == "RATE_LIMITED");
    BOOST_TEST(last.field("Retry-After") == "1");
    BOOST_TEST(last.field("RateLimit").starts_with("\"verify-token\";r=0;t="));
    BOOST_TEST(!last.has("Connection: close"));
    // The limit comes first, so the body is not read.
    BOOST_TEST(client.ask(post("/api/v1/auth/verify-token", "{{{")).status == 429);
    BOOST_TEST(client.ask(batch_of(1)).status == 200);
    BOOST_TEST(!client.ask(get("/livez")).has("RateLimit"));
    BOOST_TEST(metric(server, "auth_rate_limited_total{policy=\"verify-token\"}") >= 1);
    BOOST_TEST(metric(server, "auth_requests_total{method=\"POST\",endpoint="
                              "\"/api/v1/auth/verify-token\",status=\"429\"}") >= 1);
}

BOOST_AUTO_TEST_CASE(whose_address_it_is) {
    const server_process server(nowhere,
                                "trusted_proxies = \"127.0.0.0/8, 10.0.0.0/8\"\nworkers = 2\n",
                                policy("p", three_an_hour + "exempt = \"198.51.100.0/24\"\n"));
    BOOST_REQUIRE(server.wait_for("/livez", 200));
    const auto use_up = [&](const std::string& fields) {
        int allowed = 0;
        while (allowed < 10 && server.ask(ask_about_nothing(fields)).status == 200)
            ++allowed;
        return allowed;
    };
    BOOST_TEST(use_up(forwarded("192.0.2.1")) == 3);
    // These are spellings of the same client.
    BOOST_TEST(use_up(forwarded("1.1.1.1, 192.0.2.1")) == 0);
    BOOST_TEST(use_up(forwarded("192.0.2.1, 10.0.0.9")) == 0);
    BOOST_TEST(use_up(forwarded("::ffff:192.0.2.1")) == 0);
    BOOST_TEST(use_up(forwarded("1.1.1.1") + forwarded("192.0.2.1")) == 0);
    BOOST_TEST(use_up(forwarded("192.0.2.1") + forwarded("10.0.0.9")) == 0);
    BOOST_TEST(use_up(forwarded("192.0.2.1:5000")) == 0);
    // These are other clients.
    BOOST_TEST(use_up(forwarded("192.0.2.2")) == 3);
    BOOST_TEST(use_up(forwarded("2001:db8::1")) == 3);
    BOOST_TEST(use_up(forwarded("[2001:db8::2]")) == 0);
    BOOST_TEST(use_up(forwarded("[2001:db8::2]:80, 10.0.0.9:81")) == 0);
    BOOST_TEST(use_up(forwarded("2001:db8:0:1::1")) == 3);
    BOOST_TEST(use_up("") == 3);                   // the proxy itself
    BOOST_TEST(use_up(forwarded("garbage")) == 0); // counts as the proxy, too
    BOOST_TEST(use_up(forwarded("198.51.100.7")) == 10);
}

BOOST_AUTO_TEST_CASE(without_proxies_the_field_is_not_believed) {
    const server_process server(nowhere, "", policy("p", three_an_hour));
    BOOST_REQUIRE(server.wait_for("/livez", 200));
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(
            server.ask(ask_about_nothing(forwarded("192.0.2." + std::to_string(i)))).status == 200);
    BOOST_TEST(server.ask(ask_about_nothing(forwarded("192.0.2.9"))).status == 429);
}

BOOST_AUTO_TEST_CASE(a_batch_is_charged_per_item) {
    const server_process server(nowhere, "", policy("p", "quantity = 10\nwindow = \"1h\"\n"));
    BOOST_REQUIRE(server.wait_for("/livez", 200));
    auto client = server.connect();
    BOOST_TEST(client.ask(batch_of(7)).field("RateLimit").starts_with("\"p\";r=3;"));
    const auto refused = client.ask(batch_of(4));
    BOOST_TEST(refused.status == 429);
    BOOST_TEST(refused.field("RateLimit").starts_with("\"p\";r=3;"));
    BOOST_TEST(refused.field("Retry-After") == "360");
    BOOST_TEST(client.ask(batch_of(2)).status == 200);
    const auto never = client.ask(batch_of(11));
    BOOST_TEST(never.status == 429);
    BOOST_TEST(never.body.find("send fewer items") != std::string::npos);
    // A malformed request is 400, and counts.
    auto another = server.connect();
    BOOST_TEST(another.ask(post("/api/v1/auth/verify-batch", "{")).status == 400);
    const auto closed = client.ask(batch_of(1));
    BOOST_TEST(closed.status == 429);
    BOOST_TEST(closed.field("RateLimit").starts_with("\"p\";r=0;"));
}

BOOST_AUTO_TEST_CASE(keys_devices_and_organizations) {
    issuing_nodes nodes;
    const auto server =
        nodes.start(true, policy("key", three_an_hour + "counts = \"api_key\"\n") +
                              policy("device", three_an_hour + "counts = \"device\"\n") +
                              policy("organization",
                                     "quantity = 5\nwindow = \"1h\"\ncounts = \"organization\"\n"));
    const auto first = server->create_organization("org-1");
    const auto second = server->create_organization("org-2");
    const auto key = server->create_key(first);
    const auto other = server->create_key(first);
    const auto third = server->create_key(second);
    const auto ask = [&](const std::string& k) { return server->ask(verify(question_of(k))); };
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(code_of(ask(key)) == "VALID");
    auto refused = ask(key);
    BOOST_TEST(refused.status == 429);
    BOOST_TEST(refused.field("RateLimit-Policy") == "\"key\";q=3;w=3600");
    // The organization has two left.
    for (int i = 0; i < 2; ++i)
        BOOST_TEST(code_of(ask(other)) == "VALID");
    refused = ask(other);
    BOOST_TEST(refused.status == 429);
    BOOST_TEST(refused.field("RateLimit-Policy") == "\"organization\";q=5;w=3600");
    BOOST_TEST(code_of(ask(third)) == "VALID");
    // In a batch, each item is limited by itself.
    const auto batch = server->ask(batch_of(4, R"({"type":"api_key","api_key":")" + third + "\"}"));
    BOOST_REQUIRE(batch.status == 200);
    const auto all = batch.json();
    BOOST_TEST(all.at("valid_count").as_int64() == 2);
    BOOST_TEST(all.at("results").at(0).at("code").as_string() == "VALID");
    BOOST_TEST(all.at("results").at(3).at("code").as_string() == "RATE_LIMITED");
    const auto login = post("/api/v1/auth/authenticate-device",
                            R"({"device_id":"d","device_secret":"no-such-device-secret"})");
    for (int i = 0; i < 3; ++i)
        BOOST_TEST(code_of(server->ask(login)) == "INVALID_CREDENTIALS");
    BOOST_TEST(server->ask(login).status == 429);
}

BOOST_AUTO_TEST_SUITE_END()

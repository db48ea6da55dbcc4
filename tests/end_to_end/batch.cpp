// POST /api/v1/auth/verify-batch over real sockets and a real database.
#include "issuing_nodes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <csignal>
#include <vector>

using namespace latchkey::test;

namespace {

std::string item_of(std::string_view key, std::string_view more = {}) {
    return R"({"type":"api_key","api_key":")" + std::string(key) + "\"" + std::string(more) + "}";
}
std::string batch_of(const std::vector<std::string>& items) {
    std::string out = R"({"items":[)";
    for (const auto& i : items)
        out += (out.back() == '[' ? "" : ",") + i;
    return out + "]}";
}
std::string ask_all(const std::string& body, std::string_view fields = {}) {
    return post("/api/v1/auth/verify-batch", body, fields);
}

std::vector<std::string> codes_of(const answer& a) {
    std::vector<std::string> codes;
    BOOST_REQUIRE(a.status == 200);
    const auto parsed = a.json();
    for (const auto& result : parsed.at("results").as_array())
        codes.emplace_back(result.as_object().at("code").as_string());
    return codes;
}

struct running {
    issuing_nodes nodes;
    std::unique_ptr<server_process> server = nodes.start();
    std::string organization = server->create_organization("org-1");

    /// Keys in the older service's form, so that one statement makes a thousand.
    void make_keys(int count) {
        nodes.database.exec(
            "insert into latchkey.api_keys (key_hash, key_id, organization_id, name) select "
            "sha256(('batch-key-' || n)::bytea), 'key_' || n, 'org-1', 'batch' from "
            "generate_series(1, " +
            std::to_string(count) + ") n");
        BOOST_REQUIRE(has_heard_all(*server, nodes.database));
    }
    void make_device(const std::string& id, const std::string& secret) {
        nodes.database.exec(
            "insert into public.device_credentials (device_id, device_secret, organization_id) "
            "values ('" +
            id + "', 'sha256:' || encode(sha256('" + secret + "'), 'hex'), 'org-1')");
    }
};

std::vector<std::string> numbered(int count) {
    std::vector<std::string> items;
    for (int n = 1; n <= count; ++n)
        items.push_back(item_of("batch-key-" + std::to_string(n)));
    return items;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(batch, running)

BOOST_AUTO_TEST_CASE(a_thousand_of_all_kinds_are_answered_in_order) {
    make_keys(400);
    const auto key = server->create_key(organization);
    const auto token = issuing_nodes::issue(*server, key);
    make_device("device-1", "the-secret-of-device-1");
    BOOST_REQUIRE(has_heard_all(*server, nodes.database));
    std::vector<std::string> items;
    std::vector<std::string> expected;
    for (int n = 1; n <= 200; ++n) {
        items.push_back(item_of("batch-key-" + std::to_string(2 * n)));
        expected.push_back("VALID");
        items.push_back(R"({"type":"token","token":")" + token + "\"}");
        expected.push_back("VALID");
        items.push_back(item_of("unknown-key-" + std::to_string(n)));
        expected.push_back("NOT_FOUND");
        items.push_back(R"({"type":"device","device_id":"device-1","device_secret":")" +
                        std::string(n % 2 == 0 ? "the-secret-of-device-1" : "another") + "\"}");
        expected.push_back(n % 2 == 0 ? "VALID" : "INVALID_CREDENTIALS");
        items.push_back(n == 100 ? std::string(R"({"type":"api_key","api_key":1})")
                                 : item_of(key, R"(,"scopes":["admin"])"));
        expected.push_back(n == 100 ? "INVALID_FORMAT" : "INSUFFICIENT_SCOPES");
    }
    auto connection = server->connect();
    for (int round = 0; round < 2; ++round) {
        const auto a = connection.ask(ask_all(batch_of(items)));
        BOOST_TEST(codes_of(a) == expected, boost::test_tools::per_element());
        BOOST_TEST(a.field("X-Auth-Cache") == "none");
        BOOST_TEST(a.field("Age") == "");
        const auto all = a.json();
        BOOST_TEST(all.at("valid_count").as_int64() == 500);
        BOOST_TEST(all.at("invalid_count").as_int64() == 500);
        BOOST_TEST(all.at("undecided_count").as_int64() == 0);
        BOOST_TEST(all.at("results").at(0).at("key_id").as_string() == "key_2");
        BOOST_TEST(all.at("results").at(995).at("key_id").as_string() == "key_400");
    }
    BOOST_TEST(connection.ask(get("/livez")).status == 200);
}

BOOST_AUTO_TEST_CASE(each_result_is_what_the_single_endpoint_answers) {
    const auto key = server->create_key(
        organization, {"--scopes", "read", "--metadata", R"({"a":[1,{"b":"]}"}]})"});
    const auto token = issuing_nodes::issue(*server, key);
    const auto a = server->ask(ask_all(
        batch_of({item_of(key), R"({"type":"token","token":")" + token + "\"}", item_of("x")})));
    const auto single = server->ask(verify(question_of(key))).body + "," +
                        server->ask(ask_about(token)).body + "," +
                        server->ask(verify(question_of("x"))).body;
    BOOST_TEST(a.body.starts_with(R"({"results":[)" + single + "],"));
}

BOOST_AUTO_TEST_CASE(misses_share_look_ups_and_queries) {
    make_keys(500);
    auto items = numbered(500);
    for (const auto& again : numbered(500))
        items.push_back(again);
    const auto keys_before = metric(*server, "auth_db_batch_size_sum");
    const auto queries_before = metric(*server, "auth_db_batch_size_count");
    const auto codes = codes_of(server->ask(ask_all(batch_of(items))));
    BOOST_TEST(std::ranges::count(codes, "VALID") == 1000);
    BOOST_TEST(metric(*server, "auth_db_batch_size_sum") - keys_before == 500);
    // There is one query for each slice of the batch, and on a slow machine there are more slices.
    BOOST_TEST(metric(*server, "auth_db_batch_size_count") - queries_before <= 50);
}

BOOST_AUTO_TEST_CASE(its_body_may_be_a_mebibyte) {
    const auto padded = [](std::size_t size) {
        const auto body = batch_of({item_of("unknown-key")});
        return body + std::string(size - body.size(), ' ');
    };
    auto connection = server->connect();
    BOOST_TEST(connection.ask(ask_all(padded(1 << 20))).status == 200);
    std::string chunked = "POST /api/v1/auth/verify-batch HTTP/1.1\r\nHost: a\r\nContent-Type: "
                          "application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    BOOST_TEST(connection.ask(chunked + "100000\r\n" + padded(1 << 20) + "\r\n0\r\n\r\n").status ==
               200);
    BOOST_TEST(connection.ask(get("/livez")).status == 200);
    BOOST_TEST(server->ask(chunked + "100001\r\n").status == 413);
    const auto past = server->ask(ask_all(padded((1 << 20) + 1)));
    BOOST_TEST(past.status == 413);
    BOOST_TEST(past.body.find("server.batch_bytes_max") != std::string::npos);
    BOOST_TEST(server->ask(verify(padded(65537))).status == 413);
}

BOOST_AUTO_TEST_CASE(its_items_may_be_a_thousand) {
    const auto items = [](std::size_t n) {
        return batch_of(std::vector<std::string>(n, item_of("unknown-key")));
    };
    BOOST_TEST(codes_of(server->ask(ask_all(items(1000)))).size() == 1000u);
    const auto past = server->ask(ask_all(items(1001)));
    BOOST_TEST(past.status == 400);
    BOOST_TEST(past.body.find("more than 1000 items") != std::string::npos);
    BOOST_TEST(server->ask(ask_all(R"({"items":[]})")).status == 400);
}

BOOST_AUTO_TEST_CASE(several_at_once_and_some_whose_callers_are_gone) {
    make_keys(1000);
    const auto body = batch_of(numbered(1000));
    const auto uncached = ask_all(body, "Cache-Control: no-cache\r\n");
    std::vector<client> clients;
    for (int i = 0; i < 6; ++i)
        clients.push_back(server->connect());
    for (int round = 0; round < 5; ++round) {
        for (auto& c : clients)
            c.send(uncached);
        server->connect().send(uncached); // and closes the connection
        // If the database is slow, some of so many are refused; none gets the verdict of another.
        for (auto& c : clients) {
            const auto codes = codes_of(c.receive());
            BOOST_TEST(std::ranges::count(codes, "VALID") +
                           std::ranges::count(codes, "UNAVAILABLE") ==
                       1000);
        }
    }
    BOOST_TEST(std::ranges::count(codes_of(server->ask(uncached)), "VALID") == 1000);
    BOOST_TEST(server->ask(get("/livez")).status == 200);
    server->signal(SIGTERM);
    BOOST_TEST(server->wait_for_exit() == 0);
}

BOOST_AUTO_TEST_SUITE_END()

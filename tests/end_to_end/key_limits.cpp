// Rate limits of single keys, which a verification applies.
#include "issuing_nodes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

using namespace latchkey::test;

namespace {

struct running {
    issuing_nodes nodes;
    std::unique_ptr<server_process> server = nodes.start();
    std::string organization = server->create_organization("org-1");
    // The limit is so slow that nothing is given back while a test runs.
    std::string key = server->create_key(organization, {"--rate-limit", "5/1h"});

    answer ask(std::string_view more = {}) const {
        return server->ask(verify(question_of(key, more)));
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(key_limits, running)

BOOST_AUTO_TEST_CASE(a_key_is_good_as_often_as_its_limit_says) {
    for (int left = 4; left >= 0; --left) {
        const auto good = ask();
        BOOST_TEST(code_of(good) == "VALID");
        const auto limit = good.json().at("rate_limit").as_object();
        BOOST_TEST(limit.at("quantity").as_int64() == 5);
        BOOST_TEST(limit.at("window").as_int64() == 3600);
        BOOST_TEST(limit.at("burst").as_int64() == 5);
        BOOST_TEST(limit.at("remaining").as_int64() == left);
        BOOST_TEST(good.field("RateLimit-Policy") == "\"key\";q=5;w=3600");
        BOOST_TEST(
            good.field("RateLimit").starts_with("\"key\";r=" + std::to_string(left) + ";t="));
    }
    const auto limited = ask();
    BOOST_TEST(limited.status == 200);
    BOOST_TEST(code_of(limited) == "RATE_LIMITED");
    BOOST_TEST(!limited.json().at("valid").as_bool());
    BOOST_TEST(limited.json().at("rate_limit").at("remaining").as_int64() == 0);
    BOOST_TEST(std::stoi(limited.field("Retry-After")) > 600);
    BOOST_TEST(limited.field("X-Auth-Cache") == "none");
    BOOST_TEST(metric(*server, R"(auth_verdicts_total{kind="api_key",code="RATE_LIMITED"})") == 1);
}

BOOST_AUTO_TEST_CASE(a_cost_takes_as_much_and_a_refusal_nothing) {
    BOOST_TEST(ask(R"(,"cost":3)").json().at("rate_limit").at("remaining").as_int64() == 2);
    BOOST_TEST(code_of(ask(R"(,"cost":3)")) == "RATE_LIMITED");
    // This cost never fits, so there is no Retry-After.
    const auto never = ask(R"(,"cost":6)");
    BOOST_TEST(code_of(never) == "RATE_LIMITED");
    BOOST_TEST(!never.has("Retry-After"));
    // A request that is refused for another reason costs nothing; nor does one that was limited.
    BOOST_TEST(code_of(ask(R"(,"scopes":["admin"])")) == "INSUFFICIENT_SCOPES");
    BOOST_TEST(ask(R"(,"cost":2)").json().at("rate_limit").at("remaining").as_int64() == 0);
}

// A verification from the cache, by a look-up, in a batch and for a token counts alike.
BOOST_AUTO_TEST_CASE(all_ways_share_one_count) {
    const auto item = R"({"type":"api_key","api_key":")" + key + "\"}";
    const auto batch = server->ask(
        post("/api/v1/auth/verify-batch", R"({"items":[)" + item + ',' + item + ',' + item + "]}"));
    BOOST_TEST(batch.json().at("valid_count").as_int64() == 3);
    BOOST_TEST(batch.json().at("results").at(2).at("rate_limit").at("remaining").as_int64() == 2);
    BOOST_TEST(code_of(server->ask(post("/api/v1/auth/verify-api-key", question_of(key),
                                        "Cache-Control: no-cache\r\n"))) == "VALID");
    issuing_nodes::issue(*server, server->create_key(organization)); // so that one can be signed
    BOOST_TEST(code_of(server->ask(ask_for_token(key))) == "VALID");
    BOOST_TEST(code_of(server->ask(ask_for_token(key))) == "RATE_LIMITED");
    const auto last =
        server->ask(post("/api/v1/auth/verify-batch", R"({"items":[)" + item + ',' + item + "]}"));
    BOOST_TEST(last.json().at("invalid_count").as_int64() == 2);
    BOOST_TEST(last.json().at("results").at(0).at("code").as_string() == "RATE_LIMITED");
}

// A changed limit arrives by the feed, as every change of a key. A new limit begins with no uses.
BOOST_AUTO_TEST_CASE(a_changed_limit_is_obeyed) {
    BOOST_TEST(ask(R"(,"cost":5)").json().at("rate_limit").at("remaining").as_int64() == 0);
    nodes.database.exec("update latchkey.api_keys set rate_limit_quantity = 2 where name <> ''");
    BOOST_TEST(soon([&] {
        const auto seen = ask();
        return code_of(seen) == "VALID" &&
               seen.json().at("rate_limit").at("quantity").as_int64() == 2;
    }));
    nodes.database.exec("update latchkey.api_keys set rate_limit_quantity = null,"
                        " rate_limit_window_s = null, rate_limit_burst = null");
    BOOST_TEST(soon([&] {
        const auto seen = ask();
        return code_of(seen) == "VALID" && !seen.json().contains("rate_limit");
    }));
    for (int i = 0; i < 20; ++i)
        BOOST_TEST(code_of(ask()) == "VALID");
}

BOOST_AUTO_TEST_CASE(the_command_says_what_it_takes) {
    const auto create = [&](std::vector<std::string> options) {
        std::vector<std::string> words = {"key",    "create", "--organization", organization,
                                          "--name", "k",      "--json"};
        words.insert(words.end(), options.begin(), options.end());
        return server->command(words);
    };
    const auto made = create({"--rate-limit", "100/1m", "--rate-burst", "20"});
    BOOST_REQUIRE(made.exit_code == 0);
    const auto limit = boost::json::parse(made.out).at("rate_limit").as_object();
    BOOST_TEST(limit.at("quantity").as_int64() == 100);
    BOOST_TEST(limit.at("window").as_int64() == 60);
    BOOST_TEST(limit.at("burst").as_int64() == 20);
    struct {
        std::vector<std::string> options;
        int exit_code;
        const char* says;
    } const cases[] = {
        {{"--rate-limit", "100"}, 64, "such as 100/1m"},
        {{"--rate-limit", "100/1ms"}, 64, "such as 100/1m"},
        {{"--rate-limit", "many/1m"}, 64, "such as 100/1m"},
        {{"--rate-burst", "5"}, 64, "goes with --rate-limit"},
        {{"--rate-limit", "0/1m"}, 64, "from 1 to"},
        {{"--rate-limit", "1/1h", "--rate-burst", "1000"}, 64, "within six days"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.options.at(1)) {
            const auto refused = create(c.options);
            BOOST_TEST(refused.exit_code == c.exit_code);
            BOOST_TEST(refused.err.find(c.says) != std::string::npos, refused.err);
        }
}

BOOST_AUTO_TEST_SUITE_END()

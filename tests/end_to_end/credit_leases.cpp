// Credits that nodes lease and spend, over real sockets.
#include "issuing_nodes.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <csignal>

using namespace latchkey::test;

namespace {

struct spenders {
    void start(int count, const std::string& toml = {}) {
        for (int i = 0; i < count; ++i)
            nodes.push_back(all.start(true, "[use]\nflush_interval = \"200ms\"\n" + toml));
        nodes[0]->create_organization("acme");
    }
    std::string make_key(std::vector<std::string> more = {}) {
        more.insert(more.end(), {"--external-id", "cust"});
        return nodes[0]->create_key("acme", more);
    }
    boost::json::object of_owner(std::vector<std::string> words) const {
        words.insert(words.end(), {"--organization", "acme", "--owner", "cust", "--json"});
        const auto done = nodes[0]->command(std::move(words));
        BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.err);
        return boost::json::parse(done.out).as_object();
    }
    answer ask(std::size_t node, const std::string& key, const std::string& more = {}) const {
        return nodes[node]->ask(verify(question_of(key, more)));
    }
    // Asks nodes in turn, with each key, until everybody has refused often.
    int use_up(const std::vector<std::string>& keys, int most, const std::string& more = {}) const {
        int valid = 0;
        int refused_in_a_row = 0;
        soon(
            [&] {
                for (std::size_t n = 0; n < nodes.size(); ++n)
                    for (const auto& key : keys) {
                        const auto code = code_of(ask(n, key, more));
                        valid += code == "VALID";
                        refused_in_a_row = code == "USAGE_EXCEEDED" ? refused_in_a_row + 1 : 0;
                    }
                return valid > most || refused_in_a_row > 60;
            },
            std::chrono::seconds(40));
        return valid;
    }
    std::string account(const std::string& column) const {
        return all.database.value("select " + column + " from latchkey.credit_accounts");
    }

    mutable issuing_nodes all;
    std::vector<std::unique_ptr<server_process>> nodes;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(credit_leases, spenders)

BOOST_AUTO_TEST_CASE(keys_of_an_owner_share_one_account_on_three_nodes) {
    start(3);
    const auto a = make_key();
    const auto b = make_key();
    of_owner({"credits", "set", "--remaining", "60"});
    BOOST_TEST_MESSAGE(ask(0, a).body + nodes[0]->log());
    BOOST_REQUIRE(soon([&] { return ask(0, a).json().contains("credits"); }));
    const auto told = ask(0, a).json().at("credits").as_object();
    BOOST_TEST(told.at("remaining").as_int64() <= 58);
    BOOST_TEST(told.at("remaining").as_int64() >= 56); // a first question may have been one more
    use_up({a, b}, 60);
    BOOST_TEST(soon([&] { return account("spent") == "60"; }));
    const auto refused = ask(1, b);
    BOOST_TEST(refused.status == 200);
    BOOST_TEST(!refused.json().at("valid").as_bool());
    BOOST_TEST(refused.field("X-Auth-Cache") == "none");
    BOOST_TEST(account("remaining + leased + unaccounted") == "0");

    BOOST_TEST(of_owner({"credits", "add", "--amount", "15"}).at("remaining").as_int64() == 15);
    BOOST_TEST(soon([&] { return code_of(ask(2, a)) == "VALID"; }));
    use_up({a, b}, 14);
    BOOST_TEST(soon([&] { return account("spent") == "75"; }));
    BOOST_TEST(all.database.value("select sum(credits) from latchkey.usage_by_day") == "75");
}

BOOST_AUTO_TEST_CASE(a_question_takes_its_cost) {
    start(2);
    const auto key = make_key({"--credits", "100"});
    // Exactly what is there, in costs that do not divide it.
    BOOST_TEST(use_up({key}, 15, R"(,"cost":7)") == 14);
    BOOST_TEST(use_up({key}, 3) == 2);
    BOOST_TEST(soon([&] { return account("spent") == "100"; }));
    // What is bad for another reason says that.
    BOOST_TEST(code_of(ask(0, key, R"(,"scopes":["admin"])")) == "INSUFFICIENT_SCOPES");
}

BOOST_AUTO_TEST_CASE(each_way_to_ask_spends) {
    start(1);
    const auto key = make_key({"--credits", "10"});
    const auto forward = [&] {
        return nodes[0]->ask("GET /forward-auth HTTP/1.1\r\nHost: x\r\nX-Api-Key: " + key +
                             "\r\n\r\n");
    };
    const auto item = R"({"type":"api_key","api_key":")" + key + "\"}";
    const auto batch =
        post("/api/v1/auth/verify-batch", R"({"items":[)" + item + "," + item + "," + item + "]}");
    const auto first = nodes[0]->ask(batch).json();
    BOOST_TEST(first.at("valid_count").as_int64() == 3);
    BOOST_TEST(first.at("results").at(0).at("credits").at("remaining").as_int64() == 9);
    BOOST_TEST(first.at("results").at(2).at("credits").at("remaining").as_int64() == 7);
    BOOST_TEST(forward().status == 200);
    BOOST_TEST(soon([&] { return !token_of(nodes[0]->ask(ask_for_token(key))).empty(); }));
    BOOST_TEST(use_up({key}, 6) == 5);
    BOOST_TEST(forward().status == 403);
    BOOST_TEST(forward().field("X-Latchkey-Code") == "USAGE_EXCEEDED");
    BOOST_TEST(code_of(nodes[0]->ask(ask_for_token(key))) == "USAGE_EXCEEDED");
    const auto last = nodes[0]->ask(batch).json();
    BOOST_TEST(last.at("invalid_count").as_int64() == 3);
    BOOST_TEST(last.at("results").at(1).at("code").as_string() == "USAGE_EXCEEDED");
    BOOST_TEST(metric(*nodes[0], "auth_verdicts_total{kind=\"api_key\",code=\"USAGE_EXCEEDED\"}") >=
               5);
}

BOOST_AUTO_TEST_CASE(a_node_that_ends_gives_back_and_what_a_killed_one_held_is_unaccounted) {
    start(3);
    const auto key = make_key({"--credits", "1000"});
    for (int i = 0; i < 20; ++i)
        for (std::size_t n = 0; n < 3; ++n)
            soon([&] { return code_of(ask(n, key)) == "VALID"; });
    nodes[2]->signal(SIGTERM);
    BOOST_TEST(nodes[2]->wait_for_exit() == 0);
    BOOST_TEST(all.database.value("select count(*) from latchkey.credit_leases") == "2");
    nodes[1]->signal(SIGKILL);
    nodes[1]->wait_for_exit();
    // A minute later, as far as the database knows.
    all.database.exec("update latchkey.nodes set heartbeat_at = heartbeat_at - interval '1 hour';"
                      " update latchkey.credit_answers set asked_at = asked_at - interval '1 hour'"
                      " where instance not in (select instance_id::text from latchkey.nodes"
                      " order by started_at limit 1)");
    BOOST_TEST(soon([&] {
        all.database.exec("select latchkey.settle_credit_leases()");
        return account("unaccounted") != "0";
    }));
    const auto lost = std::stoi(account("unaccounted"));
    BOOST_TEST(lost <= 50); // what it would have spent in some ticks
    nodes.resize(1);
    const auto before = 60;
    const auto rest = use_up({key}, 1000 - before);
    BOOST_TEST(rest <= 1000 - before);
    BOOST_TEST(rest >= 1000 - before - lost - 30); // the killed one had spent some untold
    BOOST_TEST(soon([&] { return account("remaining + leased") == "0"; }));
    BOOST_TEST(account("unaccounted + spent") == "1000");
}

BOOST_AUTO_TEST_CASE(without_the_database_nothing_is_given_away) {
    start(1);
    const auto key = make_key({"--credits", "1000"});
    BOOST_TEST(soon([&] { return code_of(ask(0, key)) == "VALID"; }));
    all.database.exec("alter function latchkey.lease_credits rename to lease_away");
    answer last;
    BOOST_TEST(soon([&] { return (last = ask(0, key)).status == 503; }));
    BOOST_TEST(last.body.find("its credits cannot be asked") != std::string::npos);
    all.database.exec("alter function latchkey.lease_away rename to lease_credits");
    BOOST_TEST(soon([&] { return code_of(ask(0, key)) == "VALID"; }));
}

BOOST_AUTO_TEST_CASE(what_is_refilled_can_be_spent) {
    start(1);
    const auto key = make_key({"--credits", "5", "--refill", "8", "--every", "1h"});
    BOOST_TEST(use_up({key}, 6) == 5);
    all.database.exec(
        "update latchkey.credit_accounts set refilled_at = refilled_at - interval '1 h'");
    BOOST_TEST(soon([&] { return code_of(ask(0, key)) == "VALID"; }));
    BOOST_TEST(use_up({key}, 8) == 7);
}

BOOST_AUTO_TEST_SUITE_END()

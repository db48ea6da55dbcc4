// How the status shows the age of the feed of changes, and what follows from it.
#include "issuing_nodes.hpp"
#include "private_cluster.hpp"

#include <boost/json/parse.hpp>

#include <csignal>

using namespace latchkey::test;

namespace {

using nodes = issuing_nodes;

boost::json::object status_of(const server_process& node) {
    const auto told = node.command({"status", "--json"});
    BOOST_REQUIRE_MESSAGE(told.exit_code == 0, told.err);
    return boost::json::parse(told.out).as_object();
}

} // namespace

BOOST_AUTO_TEST_SUITE(operators_status)

BOOST_AUTO_TEST_CASE(the_bound_of_revocations_is_told) {
    issuing_nodes all;
    all.database.exec("insert into latchkey.revocations (kind, issuer, value)"
                      " select 'token', 'i', n from generate_series(1, 1200) n");
    const auto node = all.start(true, "[cache]\nrevocations_max = 1000\n");
    BOOST_TEST(node->says("more revocations of tokens than cache.revocations_max"));
    const auto health = node->ask(get("/health")).body;
    BOOST_TEST(health.find("REVOCATIONS_INCOMPLETE") != std::string::npos, health);
    const auto status = status_of(*node);
    const auto& revocations = status.at("revocations").as_object();
    BOOST_TEST(revocations.at("whole").as_bool() == false);
    BOOST_TEST(revocations.at("entries_max").as_int64() == 1000);
    BOOST_TEST(revocations.at("entries").as_int64() <= 1125);
}

BOOST_AUTO_TEST_CASE(when_tokens_can_be_issued_is_told) {
    issuing_nodes all;
    const auto issuing = [](const server_process& node) {
        return status_of(node).at("issuing").as_object();
    };
    const auto without = all.start(false);
    BOOST_TEST(!issuing(*without).at("possible").as_bool());
    BOOST_TEST(issuing(*without).contains("reason"));
    const auto node = all.start();
    BOOST_TEST(node->says("tokens can be issued here"));
    BOOST_TEST(soon([&] { return issuing(*node).at("possible").as_bool(); }));
}

// There is one log line when cached answers end, and one when they begin again.
BOOST_AUTO_TEST_CASE(the_end_of_cached_answers_is_told) {
    private_cluster cluster;
    BOOST_REQUIRE(run({latchkey_binary(), "migrate", "--set", "admin.socket=/none"},
                      {"LATCHKEY_DATABASE__URI=" + cluster.uri()})
                      .exit_code == 0);
    const server_process node(cluster.uri(), "", "[cache]\nmax_staleness = \"2s\"\n", {},
                              "feed_interval = \"100ms\"\nfeed_timeout = \"300ms\"\n");
    BOOST_REQUIRE(node.wait_for("/readyz", 200));
    const auto feed = [&] { return status_of(node).at("feed").as_object(); };
    BOOST_TEST(feed().at("age_seconds").to_number<double>() < 2);
    BOOST_TEST(feed().at("cached_answers").as_string().starts_with("cached answers end in "));
    cluster.signal_all(SIGSTOP);
    BOOST_TEST(node.says("cached answers have ended"));
    BOOST_TEST(feed().at("cached_answers").as_string() == "cached answers have ended");
    BOOST_TEST(feed().at("cached_answers_seconds").as_int64() == 0);
    cluster.signal_all(SIGCONT);
    BOOST_TEST(node.says("cached answers have begun again"));
    const auto log = node.log();
    BOOST_TEST(log.find("have ended") == log.rfind("have ended"));
}

BOOST_AUTO_TEST_SUITE_END()

// PostgreSQL is stopped (SIGSTOP) or killed (SIGKILL) under load.
#include "sick_node.hpp"

using namespace latchkey::test;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(stopped_database)

BOOST_AUTO_TEST_CASE(stopped_it_is_not_waited_for_and_continued_it_is_asked_again) {
    sick_node node;
    node.cluster.signal_all(SIGSTOP);
    const auto stopped = std::chrono::steady_clock::now();
    const bool opened = node.opens();
    const auto after = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - stopped);
    BOOST_TEST_MESSAGE("the breaker opened " << after.count() << " ms after the stop");
    BOOST_TEST(opened);
    BOOST_TEST(node.health().find(R"("breaker":{"status":"failing")") != std::string::npos);
    node.check_refusals(500);
    BOOST_TEST(node.server->ask(get("/readyz")).status == 200);

    node.cluster.signal_all(SIGCONT);
    BOOST_TEST(node.all_is_well());
    BOOST_TEST(node.health().find(R"("breaker":{"status":"ok")") != std::string::npos);
    node.check_law();
    const auto log = node.server->log();
    BOOST_TEST(log.find("the breaker is open") != std::string::npos);
    BOOST_TEST(log.find("the breaker is half-open") != std::string::npos);
    BOOST_TEST(log.find("the breaker is closed") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(killed_and_started_again) {
    sick_node node;
    for (int i = 0; i < 2; ++i) {
        node.cluster.signal(SIGKILL);
        BOOST_TEST(node.opens());
        node.check_refusals(500);
        node.cluster.restart();
        BOOST_TEST(node.all_is_well());
    }
    node.check_law();
}

// The breaker closes without any question that waits for it.
BOOST_AUTO_TEST_CASE(without_a_question_it_closes_too) {
    sick_node node;
    node.cluster.signal(SIGKILL);
    BOOST_TEST(node.opens());
    node.load->stop();
    node.cluster.restart();
    BOOST_TEST(soon([&] { return node.breaker() == 0; }));
    node.check_law();
}

BOOST_AUTO_TEST_SUITE_END()

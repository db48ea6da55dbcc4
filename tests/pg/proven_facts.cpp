// After a lost connection: which facts may be of a database that is no more?
#include "pg/feed/proven_facts.hpp"

#include <boost/test/unit_test.hpp>

using namespace std::chrono_literals;
using facts_of_feed = latchkey::pg::proven_facts;
using at = latchkey::core::boot_time;

namespace {

void beat(facts_of_feed& facts) {
    facts.announcing();
    facts.announced();
}

std::uint64_t doubt_of(facts_of_feed facts) {
    facts.connection_lost();
    return facts.take_doubt().value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(proven_facts)

BOOST_AUTO_TEST_CASE(only_a_committed_heartbeat_proves) {
    facts_of_feed facts(0s);
    facts.polled(10, at(1s));
    facts.polled(20, at(2s));
    facts.announcing();
    facts.polled(30, at(3s)); // it is not in that heartbeat
    BOOST_TEST(doubt_of(facts) == 0u);
    facts.announced();
    BOOST_TEST(doubt_of(facts) == 10u);
    beat(facts);
    BOOST_TEST(doubt_of(facts) == 20u);
}

// A fact that was asked for before the poll may be told after the heartbeat.
BOOST_AUTO_TEST_CASE(what_may_be_on_its_way_is_not_proven) {
    facts_of_feed facts(2s);
    facts.polled(10, at(1s));
    for (const auto now : {1100ms, 2000ms, 2999ms}) {
        facts.polled(20, at(now));
        beat(facts);
        BOOST_TEST(doubt_of(facts) == 0u);
    }
    facts.polled(30, at(3s));
    BOOST_TEST(doubt_of(facts) == 0u);
    beat(facts);
    BOOST_TEST(doubt_of(facts) == 10u);
    facts.polled(40, at(4s));
    facts.polled(50, at(5s));
    beat(facts);
    BOOST_TEST(doubt_of(facts) == 30u);
}

BOOST_AUTO_TEST_CASE(doubt_comes_once_for_each_lost_connection) {
    facts_of_feed facts(0s);
    BOOST_TEST(!facts.take_doubt());
    facts.connection_lost();
    facts.connection_lost();
    BOOST_TEST(facts.take_doubt().has_value());
    BOOST_TEST(!facts.take_doubt());
}

BOOST_AUTO_TEST_CASE(after_a_new_beginning_nothing_is_proven_and_nothing_left_to_doubt) {
    facts_of_feed facts(0s);
    facts.polled(10, at(1s));
    facts.polled(20, at(2s));
    beat(facts);
    facts.connection_lost();
    facts.lose();
    BOOST_TEST(!facts.take_doubt());
    BOOST_TEST(doubt_of(facts) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

// After a lost connection: which facts may be of a database that is no more?
#include "pg/feed/proven_facts.hpp"

#include <boost/test/unit_test.hpp>

using facts_of_feed = latchkey::pg::proven_facts;

BOOST_AUTO_TEST_SUITE(proven_facts)

BOOST_AUTO_TEST_CASE(only_a_committed_heartbeat_proves) {
    facts_of_feed facts;
    facts.polled(10);
    facts.announcing();
    facts.polled(20); // it is not in that heartbeat
    facts.connection_lost();
    BOOST_TEST(facts.take_doubt().value() == 0u);
    facts.announced();
    facts.connection_lost();
    BOOST_TEST(facts.take_doubt().value() == 10u);
    facts.announcing();
    facts.announced();
    facts.connection_lost();
    BOOST_TEST(facts.take_doubt().value() == 20u);
}

BOOST_AUTO_TEST_CASE(doubt_comes_once_for_each_lost_connection) {
    facts_of_feed facts;
    BOOST_TEST(!facts.take_doubt());
    facts.connection_lost();
    facts.connection_lost();
    BOOST_TEST(facts.take_doubt().has_value());
    BOOST_TEST(!facts.take_doubt());
}

BOOST_AUTO_TEST_CASE(after_a_new_beginning_nothing_is_left_to_doubt) {
    facts_of_feed facts;
    facts.polled(10);
    facts.connection_lost();
    facts.lose();
    BOOST_TEST(!facts.take_doubt());
}

BOOST_AUTO_TEST_SUITE_END()

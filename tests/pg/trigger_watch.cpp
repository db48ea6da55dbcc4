#include "pg/feed/trigger_watch.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;
using news = pg::trigger_watch::news;

namespace {

constexpr core::steady_time start{1000s};

struct one_watch {
    pg::trigger_watch triggers{60s};
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(trigger_watch, one_watch)

BOOST_AUTO_TEST_CASE(no_poll_comes_before_the_first_check) {
    BOOST_TEST(triggers.is_due(start));
    BOOST_TEST(!triggers.allows_polls());
    triggers.asked(start);
    BOOST_TEST(!triggers.is_due(start + 59s));
    BOOST_TEST((triggers.are_there() == news::checked));
    BOOST_TEST(triggers.allows_polls());
    BOOST_TEST(triggers.is_due(start + 60s));
    BOOST_TEST((triggers.are_there() == news::none));
}

BOOST_AUTO_TEST_CASE(each_connection_is_checked_anew) {
    triggers.asked(start);
    triggers.are_there();
    triggers.restart();
    BOOST_TEST(triggers.is_due(start));
    BOOST_TEST(!triggers.allows_polls());
    BOOST_TEST(!triggers.misses_changes());
    BOOST_TEST((triggers.are_there() == news::checked));
}

BOOST_AUTO_TEST_CASE(while_they_are_missing_no_poll_counts_and_checks_come_each_second) {
    triggers.asked(start);
    triggers.are_there();
    triggers.are_missing(start);
    BOOST_TEST(triggers.misses_changes());
    BOOST_TEST(!triggers.allows_polls());
    BOOST_TEST(!triggers.is_due(start + 999ms));
    BOOST_TEST(triggers.is_due(start + 1s));
    BOOST_TEST((triggers.are_there() == news::back));
    BOOST_TEST(triggers.allows_polls());
    BOOST_TEST((triggers.are_there() == news::none));
}

BOOST_AUTO_TEST_CASE(a_shorter_interval_holds_for_missing_ones_too) {
    pg::trigger_watch often(300ms);
    often.are_missing(start);
    BOOST_TEST(often.is_due(start + 300ms));
}

// A new connection does not bring back what was missed on the last one.
BOOST_AUTO_TEST_CASE(missing_ones_stay_missing_on_a_new_connection) {
    triggers.are_missing(start);
    triggers.restart();
    BOOST_TEST(triggers.misses_changes());
    BOOST_TEST((triggers.are_there() == news::back));
}

BOOST_AUTO_TEST_SUITE_END()

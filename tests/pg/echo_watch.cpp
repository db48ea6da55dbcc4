#include "pg/feed/echo_watch.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using enum pg::echo_watch::step;

namespace {

core::steady_time at(int seconds) {
    return core::steady_time(core::seconds(1000 + seconds));
}

struct one_echo {
    bool does(pg::echo_watch::step expected, int seconds, bool is_alone = true) {
        return echo.next(at(seconds), is_alone) == expected;
    }
    pg::echo_watch echo;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(echo_watch, one_echo)

BOOST_AUTO_TEST_CASE(an_echo_goes_out_every_ten_seconds) {
    BOOST_TEST(does(send, 0));
    echo.sent(at(0));
    BOOST_TEST(does(none, 4));
    BOOST_TEST(!echo.heard());
    BOOST_TEST(does(none, 9));
    BOOST_TEST(does(send, 10));
}

BOOST_AUTO_TEST_CASE(an_echo_that_does_not_come_back_is_told_once) {
    echo.sent(at(10));
    BOOST_TEST(does(none, 14));
    BOOST_TEST(!echo.is_silent());
    BOOST_TEST(does(listen_again, 15));
    BOOST_TEST(echo.is_silent());
    BOOST_TEST(does(none, 16));
    BOOST_TEST(does(send, 20));
    echo.sent(at(20));
    BOOST_TEST(echo.is_silent());
    BOOST_TEST(echo.heard());
    BOOST_TEST(!echo.is_silent());
    BOOST_TEST(!echo.heard());
}

BOOST_AUTO_TEST_CASE(none_is_sent_while_another_is_under_way) {
    echo.sent(at(0));
    BOOST_TEST(does(listen_again, 60));
    BOOST_TEST(does(send, 60));
}

BOOST_AUTO_TEST_CASE(one_that_came_back_is_not_missed) {
    echo.sent(at(0));
    echo.heard();
    BOOST_TEST(does(send, 60));
}

BOOST_AUTO_TEST_CASE(it_is_held_back_while_it_would_meet_a_poll) {
    BOOST_TEST(does(hold_back, 0, false));
    BOOST_TEST(does(hold_back, 60, false));
    BOOST_TEST(does(send, 60));
    echo.sent(at(60));
    BOOST_TEST(does(none, 61, false));
    BOOST_TEST(does(listen_again, 65, false));
}

BOOST_AUTO_TEST_CASE(a_new_connection_needs_a_new_echo) {
    echo.sent(at(20));
    echo.restart();
    BOOST_TEST(does(send, 21));
}

BOOST_AUTO_TEST_CASE(an_echo_that_could_not_be_sent_is_not_missed) {
    echo.sent(at(21));
    echo.not_sent();
    BOOST_TEST(does(none, 30));
    BOOST_TEST(!echo.is_silent());
    BOOST_TEST(does(send, 60));
}

BOOST_AUTO_TEST_SUITE_END()

#include "pg/feed/feed_lag.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

core::real_time at(core::milliseconds t) {
    return core::real_time(1'800'000'000s) + t;
}

} // namespace

BOOST_AUTO_TEST_SUITE(feed_lag)

BOOST_AUTO_TEST_CASE(a_short_transaction_counts_from_its_row) {
    pg::feed_lag lag;
    lag.poll_ended(at(0ms), 2ms);
    lag.poll_ended(at(1000ms), 3ms);
    BOOST_TEST((lag.of(at(995ms)) == 8ms));
    BOOST_TEST((lag.of(at(200ms)) == 803ms));
}

// The transaction committed after ten minutes: the poll before could not see it.
BOOST_AUTO_TEST_CASE(a_long_transaction_counts_from_the_poll_before) {
    pg::feed_lag lag;
    lag.poll_ended(at(0ms), 2ms);
    lag.poll_ended(at(1000ms), 3ms);
    BOOST_TEST((lag.of(at(-600'000ms)) == 1005ms));
    lag.poll_ended(at(1050ms), 4ms);
    BOOST_TEST((lag.of(at(-600'000ms)) == 57ms));
}

BOOST_AUTO_TEST_CASE(without_a_poll_before_the_row_is_all_there_is) {
    pg::feed_lag lag;
    lag.poll_ended(at(0ms), 2ms);
    BOOST_TEST((lag.of(at(-5000ms)) == 5002ms));
}

// A lag is never negative, and a clock that was set back gives no bound.
BOOST_AUTO_TEST_CASE(the_databases_clock_may_be_set) {
    pg::feed_lag lag;
    lag.poll_ended(at(10'000ms), 2ms);
    lag.poll_ended(at(0ms), 2ms);
    BOOST_TEST((lag.of(at(-10ms)) == 12ms));
    BOOST_TEST((lag.of(at(10'000ms)) == 0ms));
}

BOOST_AUTO_TEST_SUITE_END()

#include "pg/feed/clock_offset.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(clock_offset)

BOOST_AUTO_TEST_CASE(what_the_round_trip_leaves_open_counts_as_no_difference) {
    constexpr core::real_time noon{std::chrono::hours(12)};
    const struct {
        core::nanoseconds database; // after noon; the poll took from noon to 40 ms past it
        core::nanoseconds offset;
    } cases[] = {
        {0ms, 0ns},   {20ms, 0ns},         {40ms, 0ns},      {41ms, 1ms},
        {-1ms, -1ms}, {10040ms, 10'000ms}, {-3600s, -3600s},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT("database " << c.database.count() << " ns")
    BOOST_TEST((pg::clock_offset(noon, noon + c.database, noon + 40ms) == c.offset));
}

BOOST_AUTO_TEST_SUITE_END()

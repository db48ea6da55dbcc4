#include "server/cli/relative_time.hpp"

#include <latchkey/core/text/rfc3339.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(relative_time)

BOOST_AUTO_TEST_CASE(says_one_unit_rounded_down) {
    const auto now = core::parse_rfc3339("2027-01-01T00:00:00Z").value();
    struct {
        core::seconds away;
        const char* said;
    } const cases[] = {
        {0s, "now"},
        {1s, "in 1 s"},
        {-1s, "1 s ago"},
        {-59s, "59 s ago"},
        {-60s, "1 min ago"},
        {-3599s, "59 min ago"},
        {-3h, "3 h ago"},
        {-47h - 59min, "47 h ago"},
        {-48h, "2 d ago"},
        {12 * 24h + 5h, "in 12 d"},
        {729 * 24h, "in 729 d"},
        {730 * 24h, "in 2 y"},
        {-200 * 365 * 24h, "200 y ago"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.said) {
            BOOST_TEST(server::relative_time(now + c.away, now) == c.said);
        }
}

BOOST_AUTO_TEST_CASE(the_ends_of_the_clock_are_no_trap) {
    const auto first = core::real_time::min();
    const auto last = core::real_time::max();
    BOOST_TEST(server::relative_time(last, first) == "in 584 y");
    BOOST_TEST(server::relative_time(first, last) == "584 y ago");
}

BOOST_AUTO_TEST_SUITE_END()

#include "net/https/answer_facts.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(answer_facts)

BOOST_AUTO_TEST_CASE(how_long_an_answer_lives) {
    struct {
        const char* cache_control;
        std::optional<core::seconds> lives;
    } const cases[] = {
        {"", {}},
        {"public", {}},
        {"s-maxage=5", {}},
        {"max-age=600", 600s},
        {"public, MAX-AGE=600 , must-revalidate", 600s},
        {"max-age=\"600\"", 600s},
        {"max-age=0", 0s},
        {"max-age=600, max-age=60", 60s},
        {"max-age=600, no-cache", 0s},
        {"no-store", 0s},
        {"no-cache=\"x\"", 0s},
        {"max-age", 0s},
        {"max-age=", 0s},
        {"max-age=-5", 0s},
        {"max-age=5x", 0s},
        {"max-age=\"", 0s},
        {"max-age=2147483648", 2147483648s},
        {"max-age=2147483649", 2147483648s},
        {"max-age=99999999999999999999999", 2147483648s},
        {"max-age=-99999999999999999999999", 0s},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.cache_control)
    BOOST_TEST((net::max_age_of(c.cache_control) == c.lives));
}

BOOST_AUTO_TEST_CASE(dates_have_one_form) {
    struct {
        const char* text;
        std::optional<core::seconds> since_1970;
    } const cases[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777s},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0s},
        {"Thu, 29 Feb 2024 23:59:60 GMT", 1709251200s},
        {"Wed, 31 Dec 9999 23:59:59 GMT", {}}, // later than the clock can hold
        {"", {}},
        {"Sunday, 06-Nov-94 08:49:37 GMT", {}},
        {"Sun Nov  6 08:49:37 1994", {}},
        {"Sun, 06 Nov 1994 08:49:37 UTC", {}},
        {"Sun, 06 Nov 1994 08:49:37 GMT ", {}},
        {"Xxx, 06 Nov 1994 08:49:37 GMT", {}},
        {"Sun, 06 Xxx 1994 08:49:37 GMT", {}},
        {"Sun, xx Nov 1994 08:49:37 GMT", {}},
        {"Sun, 31 Nov 1994 08:49:37 GMT", {}},
        {"Sun, 00 Nov 1994 08:49:37 GMT", {}},
        {"Sun, 29 Feb 2023 08:49:37 GMT", {}},
        {"Sun, 06 Nov 1969 08:49:37 GMT", {}},
        {"Sun, 06 Nov 1994 24:49:37 GMT", {}},
        {"Sun, 06 Nov 1994 08:60:37 GMT", {}},
        {"Sun, 06 Nov 1994 08:49:61 GMT", {}},
        {"Sun, 06 Nov 1994 -8:49:37 GMT", {}},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.text) {
            const auto date = net::read_date(c.text);
            BOOST_REQUIRE(date.has_value() == c.since_1970.has_value());
            if (date) BOOST_TEST((date->time_since_epoch() == *c.since_1970));
        }
}

BOOST_AUTO_TEST_SUITE_END()

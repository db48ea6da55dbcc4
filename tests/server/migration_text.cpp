#include "server/cli/migration_text.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey::server;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(migration_text)

BOOST_AUTO_TEST_CASE(tells_how_far_it_is_and_about_how_long_it_takes) {
    struct {
        std::uint64_t done, total;
        std::chrono::milliseconds elapsed;
        std::string text;
    } const cases[] = {
        {0, 0, 5s, "step: 0"},
        {7, 0, 5s, "step: 7"},
        {0, 2000, 5s, "step: 0 of 2000 (0 %)"},
        {500, 2000, 999ms, "step: 500 of 2000 (25 %)"},
        {500, 2000, 10s, "step: 500 of 2000 (25 %), about 30 s left"},
        {1999, 2000, 10s, "step: 1999 of 2000 (99 %), about 1 s left"},
        {1, 2000, 1s, "step: 1 of 2000 (0 %), about 33 min left"},
        {1, 20000, 1s, "step: 1 of 20000 (0 %), about 6 h left"},
        {2000, 2000, 10s, "step: 2000 of 2000 (100 %)"},
        {2100, 2000, 10s, "step: 2100 of 2000 (100 %)"},
    };
    for (const auto& c : cases)
        BOOST_TEST(progress_text({"step", c.done, c.total}, c.elapsed) == c.text);
}

BOOST_AUTO_TEST_SUITE_END()

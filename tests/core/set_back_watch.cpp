#include <latchkey/core/set_back_watch.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

core::moment at(core::nanoseconds boot, core::nanoseconds real) {
    return {core::boot_time(boot),
            core::real_time(std::chrono::duration_cast<core::real_time::duration>(real))};
}

} // namespace

BOOST_AUTO_TEST_SUITE(set_back_watch)

BOOST_AUTO_TEST_CASE(steps_back_are_told_and_nothing_else) {
    struct {
        const char* what;
        core::moment now;
        core::nanoseconds fell;
    } const story[] = {
        {"the first look", at(100s, 5000s), 0s},
        {"a second later", at(101s, 5001s), 0s},
        {"read a little apart", at(102s, 5002s - 4ms), 0s},
        {"an hour back", at(103s, 1403s - 4ms), 3600s},
        {"and no further", at(104s, 1404s - 4ms), 0s},
        {"ahead again", at(105s, 5005s - 4ms), 0s},
        {"paused", at(106s, 5606s - 4ms), 0s},
        {"a second back", at(107s, 5606s - 4ms), 1s},
    };
    core::set_back_watch watch;
    for (const auto& t : story)
        BOOST_TEST_CONTEXT(t.what)
    BOOST_TEST((watch.look(t.now) == t.fell));
}

BOOST_AUTO_TEST_CASE(without_steps_the_processs_clocks_count_none) {
    core::set_back_watch watch;
    core::watch_for_set_back(watch);
    const auto then = core::moment::now();
    core::watch_for_set_back(watch);
    BOOST_TEST((age(then, core::moment::now()) < 60s));
}

BOOST_AUTO_TEST_SUITE_END()

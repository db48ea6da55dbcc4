#include "server/process/cached_answers.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

core::moment at(core::nanoseconds boot, core::nanoseconds real) {
    return {core::boot_time(boot),
            core::real_time(std::chrono::duration_cast<core::real_time::duration>(real))};
}

} // namespace

BOOST_AUTO_TEST_SUITE(cached_answers)

BOOST_AUTO_TEST_CASE(what_ends_when) {
    struct {
        core::moment fresh, now;
        const char* sentence;
    } const cases[] = {
        {at(0s, 0s), at(100s, 1000s), "cached answers have ended"},
        {at(100s, 1000s), at(100s, 1000s), "cached answers end in 60 s"},
        {at(100s, 1000s), at(121500ms, 1021500ms), "cached answers end in 38 s"},
        {at(100s, 1000s), at(100s, 1022s), "cached answers end in 38 s"}, // the machine was paused
        {at(100s, 1000s), at(160s, 1060s), "cached answers end in 0 s"},
        {at(100s, 1000s), at(160s + 1ns, 1060s), "cached answers have ended"},
    };
    for (const auto& c : cases)
        BOOST_TEST(server::sentence_of(server::cached_answers_last(c.fresh, c.now, 60s)) ==
                   c.sentence);
}

// Each change is reported once: when cached answers end, and when they begin again.
BOOST_AUTO_TEST_CASE(their_end_and_their_beginning_are_told_once) {
    using news = server::cached_answers_watch::news;
    const struct {
        bool lasting;
        news expected;
    } story[] = {{false, news::none},       {false, news::none},  {true, news::none},
                 {true, news::none},        {false, news::ended}, {false, news::none},
                 {true, news::began_again}, {true, news::none},   {false, news::ended}};
    server::cached_answers_watch watch;
    core::boot_time now{1h};
    for (const auto& s : story) {
        BOOST_TEST((watch.look(s.lasting, now) == s.expected));
        now += 10s;
    }
    BOOST_TEST((watch.gap() == 20s));
}

BOOST_AUTO_TEST_SUITE_END()

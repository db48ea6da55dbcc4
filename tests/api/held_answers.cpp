#include <latchkey/api/held_answers.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;

namespace {

struct counting final : api::held_answers::held {
    int ticks = 0;
    void tick_came() noexcept override { ++ticks; }
};

} // namespace

BOOST_AUTO_TEST_SUITE(held_answers)

// Neither the phase of the ticks nor an ordinary look-up's time decides when it is told.
BOOST_AUTO_TEST_CASE(each_is_told_once_at_the_second_tick_after_its_arrival) {
    api::held_answers all;
    counting early;
    counting late;
    counting slow;
    counting dropped;
    early.since = dropped.since = slow.since = all.now();
    all.hold(early);
    all.hold(dropped);
    all.drop(dropped);
    all.tick();
    late.since = all.now();
    all.hold(late);
    BOOST_TEST(early.ticks == 0);
    all.tick();
    BOOST_TEST(early.ticks == 1);
    BOOST_TEST(late.ticks == 0);
    all.hold(slow); // its look-up took longer than two ticks
    all.tick();
    all.tick();
    BOOST_TEST(early.ticks == 1);
    BOOST_TEST(late.ticks == 1);
    BOOST_TEST(slow.ticks == 1);
    BOOST_TEST(dropped.ticks == 0);
    BOOST_TEST(all.size() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

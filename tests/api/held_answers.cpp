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

BOOST_AUTO_TEST_CASE(each_is_told_once_at_the_next_tick) {
    api::held_answers all;
    counting a;
    counting b;
    counting dropped;
    all.hold(a);
    all.hold(dropped);
    all.hold(b);
    all.drop(dropped);
    BOOST_TEST(all.size() == 2u);
    BOOST_TEST(a.ticks == 0);
    all.release();
    all.release();
    BOOST_TEST(a.ticks == 1);
    BOOST_TEST(b.ticks == 1);
    BOOST_TEST(dropped.ticks == 0);
    BOOST_TEST(all.size() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

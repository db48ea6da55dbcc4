#include <latchkey/core/time_slice.hpp>

#include <boost/test/unit_test.hpp>

using latchkey::core::boot_time;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(time_slice)

BOOST_AUTO_TEST_CASE(looks_at_the_clock_every_few_steps) {
    latchkey::core::time_slice slice(boot_time{}, 200us);
    int looks = 0;
    for (int i = 0; i < 80; ++i)
        looks += slice.look_is_due();
    BOOST_TEST(looks == 5);
}

BOOST_AUTO_TEST_CASE(begins_with_steps_not_with_a_look) {
    latchkey::core::time_slice slice(boot_time{}, 0us);
    BOOST_TEST(!slice.look_is_due());
}

BOOST_AUTO_TEST_CASE(looks_at_once_after_a_long_step) {
    latchkey::core::time_slice slice(boot_time{}, 200us);
    BOOST_TEST(!slice.look_is_due());
    slice.look_soon();
    BOOST_TEST(slice.look_is_due());
    BOOST_TEST(!slice.look_is_due());
}

BOOST_AUTO_TEST_CASE(is_over_when_its_time_is) {
    latchkey::core::time_slice slice(boot_time{1s}, 200us);
    BOOST_TEST(!slice.over(boot_time{1s}));
    BOOST_TEST(!slice.over(boot_time{1s + 199us}));
    BOOST_TEST(slice.over(boot_time{1s + 200us}));
}

BOOST_AUTO_TEST_SUITE_END()

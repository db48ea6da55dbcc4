#include <latchkey/auth/token/check_budget.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(check_budget)

BOOST_AUTO_TEST_CASE(what_is_spent_comes_back_as_its_share_of_time) {
    auto now = core::boot_time(1h);
    auth::check_budget budget(25);
    BOOST_TEST(budget.open(now));
    budget.spend(50ms); // the whole reserve: a quarter of 200 ms
    BOOST_TEST(!budget.open(now));
    now += 1ms;
    BOOST_TEST(budget.open(now));
    budget.spend(100us);
    BOOST_TEST(budget.open(now)); // a quarter of a millisecond had come back
    budget.spend(1ms);
    BOOST_TEST(!budget.open(now += 3ms));
    BOOST_TEST(budget.open(now += 1ms));
}

// A process that is stopped during a check is not charged for the pause.
BOOST_AUTO_TEST_CASE(a_stop_is_forgiven) {
    auto now = core::boot_time(1h);
    auth::check_budget budget(25);
    BOOST_TEST(budget.open(now));
    budget.spend(10min);
    BOOST_TEST(!budget.open(now));
    BOOST_TEST(budget.open(now + 201ms));
}

// Under a flood, bad checks take their share of the time and no more.
BOOST_AUTO_TEST_CASE(a_flood_gets_its_share) {
    const auto begun = core::boot_time(1h);
    auto now = begun;
    auth::check_budget budget(25);
    core::nanoseconds spent{};
    while (now < begun + 10s) {
        if (budget.open(now)) {
            budget.spend(70us);
            spent += 70us;
            now += 70us;
        } else {
            now += 3us;
        }
    }
    BOOST_TEST(spent.count() <= std::chrono::nanoseconds(2500ms + 51ms).count());
    BOOST_TEST(spent.count() >= std::chrono::nanoseconds(2450ms).count());
}

BOOST_AUTO_TEST_CASE(good_ones_and_no_bound_and_odd_clocks) {
    auth::check_budget none(100);
    none.spend(1h);
    BOOST_TEST(none.open(core::boot_time(1s)));
    auth::check_budget nothing(0);
    BOOST_TEST(!nothing.open(core::boot_time(24h)));
    auth::check_budget budget(50);
    BOOST_TEST(budget.open(core::boot_time(2h)));
    budget.spend(150ms);
    // A clock reading older than the last one restores nothing.
    BOOST_TEST(!budget.open(core::boot_time(1h)));
    BOOST_TEST(budget.open(core::boot_time(24h * 365 * 100)));
}

BOOST_AUTO_TEST_SUITE_END()

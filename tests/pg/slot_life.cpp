#include "pg/lookup/slot_life.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

constexpr core::steady_time start{1000s};
constexpr core::milliseconds age_max = 100s;

struct one_slot {
    one_slot() {
        settings.backoff_min = 50ms;
        settings.backoff_max = 2000ms;
        slot.opens(start, 0);
    }
    /// Fails to come up; returns how long it waits then.
    core::nanoseconds pause_after_failure(core::steady_time at) {
        slot.closed(false, settings, 0, at);
        core::nanoseconds pause{0};
        while (!slot.is_due(at + pause))
            pause += 1ms;
        slot.opens(at + pause, 0);
        return pause;
    }

    pg::configuration settings;
    pg::slot_life slot;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(slot_life, one_slot)

BOOST_AUTO_TEST_CASE(it_takes_queries_once_it_is_up) {
    BOOST_TEST(!slot.takes_queries());
    slot.ready(start + 1s);
    BOOST_TEST(slot.takes_queries());
    BOOST_TEST(!slot.is_due(start + 1h));
}

BOOST_AUTO_TEST_CASE(one_that_is_too_old_may_be_needed_still) {
    slot.ready(start);
    BOOST_TEST(!slot.has_ended(1, 2 * age_max, age_max, start + 200s));
    BOOST_TEST(!slot.takes_queries());
    slot.stays();
    BOOST_TEST(slot.takes_queries());
}

BOOST_AUTO_TEST_CASE(one_that_had_worked_is_replaced_at_once) {
    slot.ready(start);
    slot.closed(true, settings, 0, start + 5s);
    BOOST_TEST(!slot.up());
    BOOST_TEST(slot.is_due(start + 5s));
    BOOST_TEST(!slot.waits_in_vain());
}

BOOST_AUTO_TEST_CASE(one_that_does_not_come_up_waits_longer_each_time) {
    BOOST_TEST((pause_after_failure(start) == 25ms));
    BOOST_TEST((pause_after_failure(start) == 50ms));
    BOOST_TEST((pause_after_failure(start) == 100ms));
    slot.closed(false, settings, 0, start);
    BOOST_TEST(slot.waits_in_vain());
    slot.opens(start + 1s, 0);
    BOOST_TEST(!slot.waits_in_vain()); // it is being opened
    slot.ready(start + 1s);
    slot.closed(true, settings, 0, start + 2s);
    slot.opens(start + 2s, 0);
    BOOST_TEST((pause_after_failure(start + 2s) == 25ms)); // as at first
}

BOOST_AUTO_TEST_CASE(a_slot_that_waits_can_be_hurried) {
    slot.hurry(start);
    BOOST_TEST(!slot.is_due(start + 1h)); // it is being opened
    slot.closed(false, settings, 0, start);
    BOOST_TEST(!slot.is_due(start));
    slot.hurry(start);
    BOOST_TEST(slot.is_due(start));
}

BOOST_AUTO_TEST_CASE(an_old_one_ends_once_its_queries_are_answered) {
    slot.ready(start);
    BOOST_TEST(!slot.has_ended(3, 100s, age_max, start + 100s));
    BOOST_TEST(slot.takes_queries());
    BOOST_TEST(!slot.has_ended(3, 100s + 1ms, age_max, start + 100s));
    BOOST_TEST(!slot.takes_queries());
    BOOST_TEST(slot.up());
    BOOST_TEST(slot.has_ended(0, 101s, age_max, start + 101s));
    slot.opens(start + 101s, 0);
    slot.ready(start + 101s);
    BOOST_TEST(slot.takes_queries());
}

BOOST_AUTO_TEST_CASE(ages_differ_by_up_to_a_tenth) {
    slot.opens(start, 0.5);
    slot.ready(start);
    BOOST_TEST(!slot.has_ended(0, 95s, age_max, start + 95s));
    BOOST_TEST(slot.has_ended(0, 95s + 1ms, age_max, start + 96s));
}

BOOST_AUTO_TEST_CASE(it_is_idle_since_its_last_query) {
    BOOST_TEST(!slot.is_idle_for(10s, start + 1h)); // not up
    slot.ready(start);
    BOOST_TEST(!slot.is_idle_for(10s, start + 10s));
    BOOST_TEST(slot.is_idle_for(10s, start + 11s));
    BOOST_TEST(!slot.has_ended(1, 11s, age_max, start + 11s)); // a query is under way
    BOOST_TEST(!slot.is_idle_for(10s, start + 21s));
    BOOST_TEST(slot.is_idle_for(10s, start + 22s));
}

BOOST_AUTO_TEST_SUITE_END()

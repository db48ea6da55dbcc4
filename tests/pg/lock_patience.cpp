#include "pg/migrate/lock_patience.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey::pg;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(lock_patience)

// While an attempt waits, others queue behind it, so it may take only a small part of the time.
BOOST_AUTO_TEST_CASE(others_are_left_alone_for_longer_than_an_attempt_takes) {
    latchkey::core::steady_time now{};
    for (const double random : {0.0, 0.5, 1.0}) {
        latchkey::pg::lock_patience patience(30s, now);
        for (int attempts = 0; attempts < 10; ++attempts) {
            const auto pause = patience.pause(now, random);
            BOOST_REQUIRE(pause.has_value());
            BOOST_TEST((*pause >= 2 * lock_attempt));
            BOOST_TEST((*pause <= 1s));
            now += lock_attempt + *pause;
        }
        now += 1h;
    }
}

BOOST_AUTO_TEST_CASE(it_ends_when_it_has_taken_too_long) {
    latchkey::core::steady_time now{};
    latchkey::pg::lock_patience patience(1s, now);
    BOOST_TEST(patience.pause(now + 999ms, 0.5).value().count() == 1);
    BOOST_TEST(!patience.pause(now + 1s, 0.5).has_value());
    // The migration made progress.
    patience.restart(now + 1s);
    BOOST_TEST(patience.pause(now + 1s, 0.5).has_value());
    BOOST_TEST(!patience.pause(now + 2s, 0.5).has_value());
    // Without patience there is no pause at all.
    latchkey::pg::lock_patience none(0s, now);
    BOOST_TEST(!none.pause(now, 0.5).has_value());
}

BOOST_AUTO_TEST_CASE(batches_grow_and_shrink_with_what_they_take) {
    batch_size size;
    const int first = size.value();
    size.took(1ms);
    BOOST_TEST(size.value() > first);
    for (int i = 0; i < 100; ++i)
        size.took(1ms);
    const int most = size.value();
    size.took(1ms);
    BOOST_TEST(size.value() == most);
    size.took(lock_attempt / 2 + 1ms);
    BOOST_TEST(size.value() == most);
    size.took(lock_attempt + 1ms);
    BOOST_TEST(size.value() == most / 2);
    for (int i = 0; i < 100; ++i)
        size.took(1s);
    BOOST_TEST(size.value() >= 1);
}

BOOST_AUTO_TEST_SUITE_END()

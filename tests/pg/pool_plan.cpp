#include <latchkey/pg/lookup/pool_plan.hpp>

#include <boost/test/unit_test.hpp>

using latchkey::core::milliseconds;
using namespace latchkey::pg;

BOOST_AUTO_TEST_SUITE(pool_plan)

BOOST_AUTO_TEST_CASE(a_total_is_spread_over_the_workers) {
    static_assert(share_of(20, 8, 0) == 3);
    static_assert(share_of(20, 8, 3) == 3);
    static_assert(share_of(20, 8, 4) == 2);
    static_assert(share_of(20, 8, 7) == 2);
    static_assert(share_of(3, 8, 2) == 1);
    static_assert(share_of(3, 8, 3) == 0);
    for (std::size_t total = 0; total <= 40; ++total) {
        for (std::size_t workers = 1; workers <= 9; ++workers) {
            std::size_t sum = 0;
            for (std::size_t i = 0; i < workers; ++i)
                sum += share_of(total, workers, i);
            BOOST_TEST(sum == total);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_pause_doubles_up_to_its_cap_and_is_jittered) {
    struct {
        std::size_t attempt;
        double random;
        std::int64_t expected;
    } const cases[] = {
        {0, 0.9, 0},    {1, 0, 25},      {1, 0.5, 37},      {2, 0, 50},
        {3, 0, 100},    {6, 0, 800},     {7, 0, 1000},      {8, 0, 1000},
        {8, 0.5, 1500}, {1000, 0, 1000}, {64, 0.999, 1999}, {static_cast<std::size_t>(-1), 0, 1000},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT("attempt " << c.attempt << ", random " << c.random) {
            BOOST_TEST(backoff(c.attempt, milliseconds(50), milliseconds(2000), c.random).count() ==
                       c.expected);
        }
}

BOOST_AUTO_TEST_CASE(a_batch_goes_out_when_it_is_due) {
    struct {
        gathering seen;
        bool due;
    } const cases[] = {
        {{0, 0, milliseconds(0)}, false}, {{1, 0, milliseconds(0)}, true},
        {{1, 1, milliseconds(0)}, false}, {{31, 1, milliseconds(19)}, false},
        {{32, 1, milliseconds(0)}, true}, {{32, 9, milliseconds(0)}, true},
        {{1, 1, milliseconds(20)}, true}, {{0, 1, milliseconds(99)}, false},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.seen.gathered << " gathered, " << c.seen.batches_under_way
                                           << " under way, the oldest for "
                                           << c.seen.oldest_batch.count() << " ms") {
            BOOST_TEST(batch_is_due(c.seen, 32, milliseconds(20)) == c.due);
        }
}

BOOST_AUTO_TEST_CASE(kinds_that_are_due_take_turns) {
    const auto both = [](std::size_t) { return true; };
    const auto second = [](std::size_t kind) { return kind == 1; };
    const auto none = [](std::size_t) { return false; };
    kind_turns turns(2);
    BOOST_TEST((turns.next(both) == 0u));
    BOOST_TEST((turns.next(both) == 0u)); // it got no query
    turns.taken(0);
    BOOST_TEST((turns.next(both) == 1u));
    turns.taken(1);
    BOOST_TEST((turns.next(second) == 1u));
    turns.taken(1);
    BOOST_TEST((turns.next(both) == 0u));
    BOOST_TEST(!turns.next(none).has_value());
}

BOOST_AUTO_TEST_CASE(a_query_takes_half_of_the_limit_and_leaves_the_rest_for_the_next) {
    struct {
        query_bounds bounds;
        std::size_t size;
    } const cases[] = {
        {{2048, 2048, 32, 1024}, 1024}, // 1000 look-ups fit in one query
        {{400, 400, 32, 1024}, 200},
        {{150, 400, 32, 1024}, 150},
        {{400, 400, 32, 100}, 100},
        {{60, 60, 32, 1024}, 32}, // smaller queries would cost more than they gain
        {{20, 60, 32, 1024}, 20},
        {{1, 1, 32, 1024}, 1},
        {{0, 400, 32, 1024}, 1}, // nothing is in flight, else no query would be due
        {{400, 400, 32, 1}, 1},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT("room " << c.bounds.room << " of " << c.bounds.limit << ", at most "
                                   << c.bounds.batch_max) {
            BOOST_TEST(query_size(c.bounds) == c.size);
        }
}

BOOST_AUTO_TEST_SUITE_END()

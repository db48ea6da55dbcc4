#include "open_loop.hpp"
#include "histogram.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <deque>
#include <numeric>
#include <set>

BOOST_AUTO_TEST_SUITE(open_loop)

using load::instant;
constexpr instant ms = 1'000'000;

namespace {

load::arrivals::plan steady(double rate, instant begin, instant end) {
    return {.rate = rate, .is_random = false, .begin = begin, .end = end, .seed = 1};
}

load::open_loop with_free(const load::arrivals::plan& plan, std::size_t connections) {
    load::open_loop loop(plan, connections);
    for (std::size_t i = 0; i < connections; ++i)
        loop.is_free(i);
    return loop;
}

// A server that answers at once, but answers nothing from one time to another. Time goes by in
// steps of 0.1 ms.
struct stalled_run {
    std::vector<instant> latencies;
    std::vector<instant> from_sending;
    std::size_t backlog_max = 0;
    std::size_t connections_used = 0;
};

stalled_run run_with_stall(double rate, std::size_t connections, instant stall_begins,
                           instant stall_ends, instant end) {
    auto loop = with_free(steady(rate, 0, end), connections);
    struct flight {
        load::open_loop::start start;
        instant sent;
    };
    std::deque<flight> under_way;
    std::set<std::size_t> used;
    stalled_run out;
    for (instant now = 0; now < end + stall_ends; now += ms / 10) {
        const auto send_due = [&] {
            while (const auto start = loop.next(now)) {
                used.insert(start->connection);
                under_way.push_back({*start, now});
            }
        };
        send_due();
        while (!under_way.empty() && !(now >= stall_begins && now < stall_ends)) {
            const auto [start, sent] = under_way.front();
            under_way.pop_front();
            out.latencies.push_back(now - start.due);
            out.from_sending.push_back(now - sent);
            loop.is_free(start.connection);
            send_due();
        }
    }
    out.backlog_max = loop.backlog_max();
    out.connections_used = used.size();
    return out;
}

} // namespace

BOOST_AUTO_TEST_CASE(all_requests_that_are_due_in_a_stall_see_it) {
    const auto seen = run_with_stall(1000, 10, 200 * ms, 300 * ms, 1000 * ms);
    BOOST_REQUIRE_EQUAL(seen.latencies.size(), 1000U);
    for (std::size_t i = 0; i < 1000; ++i) {
        // The one due at 200 ms waits for 100 ms, the one due at 201 ms for 99 ms, and so on.
        const instant waits = i >= 200 && i < 300 ? (300 - static_cast<instant>(i)) * ms : 0;
        BOOST_TEST_CONTEXT("request " << i) BOOST_TEST(seen.latencies[i] == waits);
    }
    // Counted from when they were sent, only the ten that had a connection would have seen it.
    const auto sent_into_it =
        std::ranges::count_if(seen.from_sending, [](instant waits) { return waits > 0; });
    BOOST_TEST(sent_into_it == 10);
}

BOOST_AUTO_TEST_CASE(the_backlog_is_what_had_no_connection) {
    const auto seen = run_with_stall(1000, 10, 200 * ms, 300 * ms, 1000 * ms);
    BOOST_TEST(seen.backlog_max >= 90U); // 100 or 101 are due, 10 of them were sent
    BOOST_TEST(seen.backlog_max <= 91U);
    BOOST_TEST(run_with_stall(1000, 200, 200 * ms, 300 * ms, 1000 * ms).backlog_max == 0U);
}

BOOST_AUTO_TEST_CASE(connections_take_turns) {
    BOOST_TEST(run_with_stall(1000, 10, 0, 0, 100 * ms).connections_used == 10U);
}

BOOST_AUTO_TEST_CASE(a_steady_pace_does_not_drift) {
    load::arrivals arriving(steady(3, 7, 1'000'000 * load::second));
    for (int i = 0; i < 900'000; ++i)
        arriving.advance();
    BOOST_TEST(std::abs(arriving.next() - (300'000 * load::second + 7)) <= 100);
}

BOOST_AUTO_TEST_CASE(random_arrivals_come_at_the_rate_with_exponential_gaps) {
    load::arrivals arriving(
        {.rate = 1000, .is_random = true, .begin = 0, .end = INT64_MAX, .seed = 5});
    constexpr int count = 200'000;
    std::vector<double> gaps;
    instant last = 0;
    for (int i = 0; i < count; ++i, arriving.advance()) {
        gaps.push_back(static_cast<double>(arriving.next() - last));
        last = arriving.next();
    }
    const double mean = std::accumulate(gaps.begin(), gaps.end(), 0.0) / count;
    BOOST_TEST(mean == 1e6, boost::test_tools::tolerance(0.01));
    const auto longer = std::ranges::count_if(gaps, [](double gap) { return gap > 2e6; });
    BOOST_TEST(static_cast<double>(longer) / count == std::exp(-2),
               boost::test_tools::tolerance(0.03));
}

BOOST_AUTO_TEST_CASE(the_connection_that_rested_longest_is_next) {
    auto loop = with_free(steady(1000, 0, 100 * ms), 3);
    BOOST_TEST(loop.next(0)->connection == 0U);
    loop.is_free(0);
    BOOST_TEST(loop.next(1 * ms)->connection == 1U);
    BOOST_TEST(loop.next(2 * ms)->connection == 2U);
    BOOST_TEST(loop.next(3 * ms)->connection == 0U);
}

BOOST_AUTO_TEST_CASE(a_connection_that_is_gone_is_not_used) {
    auto loop = with_free(steady(1000, 0, 100 * ms), 2);
    loop.is_gone(0);
    loop.is_gone(0);
    BOOST_TEST(loop.next(0)->connection == 1U);
    BOOST_TEST(!loop.next(5 * ms));
    BOOST_TEST(loop.backlog() == 5U);
    loop.is_free(0);
    loop.is_free(0);
    const auto late = loop.next(5 * ms);
    BOOST_TEST(late->connection == 0U);
    BOOST_TEST(late->due == 1 * ms);
    BOOST_TEST(!loop.next(5 * ms));
}

BOOST_AUTO_TEST_CASE(a_long_backlog_keeps_its_order) {
    auto loop = with_free(steady(1000, 0, 10'000 * ms), 1);
    BOOST_TEST(loop.next(0)->due == 0);
    BOOST_TEST(!loop.next(700 * ms)); // and then its ring begins in the middle when it grows
    for (instant due = 1; due < 500; ++due) {
        loop.is_free(0);
        BOOST_REQUIRE_EQUAL(loop.next(700 * ms)->due, due * ms);
    }
    BOOST_TEST(!loop.next(9'000 * ms));
    for (instant due = 500; due < 9'000; ++due) {
        loop.is_free(0);
        BOOST_REQUIRE_EQUAL(loop.next(9'000 * ms)->due, due * ms);
    }
}

BOOST_AUTO_TEST_CASE(nothing_is_due_at_the_end_or_after) {
    auto loop = with_free(steady(1000, 0, 3 * ms), 8);
    int sent = 0;
    while (loop.next(1000 * ms))
        ++sent;
    BOOST_TEST(sent == 3);
    BOOST_TEST(loop.is_over());
    BOOST_TEST(!loop.wakes_at());
    BOOST_TEST(!loop.give_up());
}

BOOST_AUTO_TEST_CASE(it_wakes_when_the_next_is_due) {
    auto loop = with_free(steady(1000, 0, 100 * ms), 1);
    BOOST_TEST(*loop.wakes_at() == 0);
    BOOST_TEST(loop.next(0).has_value());
    BOOST_TEST(*loop.wakes_at() == 1 * ms);
}

BOOST_AUTO_TEST_SUITE_END()

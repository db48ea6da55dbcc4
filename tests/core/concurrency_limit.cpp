#include <latchkey/core/flow/concurrency_limit.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <deque>

using namespace latchkey::core;
using namespace std::chrono_literals;

namespace {

constexpr concurrency_bounds bounds = {
    .min = 16, .max = 1024, .latency_target = 5ms, .wait_target = 5ms, .overload_after = 100ms};

// A database that answers `per_second` look-ups a second, each after `distance` at least.
struct simulated {
    double per_second;
    nanoseconds distance;
    latchkey::core::concurrency_limit limit{bounds};
    steady_time now{1000s};

    nanoseconds latency(std::size_t under_way) const {
        const auto busy = nanoseconds(
            static_cast<std::int64_t>(1e9 * static_cast<double>(under_way) / per_second));
        return distance + busy;
    }
    /// As many calls are under way as the limit allows, or as there are callers.
    void saturate(nanoseconds time, std::size_t callers = 1'000'000) {
        for (const auto end = now + time; now < end;) {
            const auto n = std::min(limit.limit(), callers);
            now += latency(n);
            limit.ended(latency(n), n, n, now);
        }
    }
};

// Answers come one by one, in order, each at another moment: as from a distant database that is
// asked without a pause.
class stream_of_answers {
  public:
    latchkey::core::concurrency_limit limit{bounds};
    steady_time now{1000s};

    stream_of_answers(double per_second, nanoseconds distance)
        : per_second_(per_second), distance_(distance) {}

    /// Sends as many calls as the limit allows.
    void saturate(nanoseconds time) {
        for (const auto end = now + time; now < end; answer())
            send(1'000'000);
    }
    /// Sends `each_second` calls a second; returns how many were refused.
    std::size_t ask(nanoseconds time, double each_second) {
        std::size_t refused = 0;
        const auto pause = interval(each_second);
        auto next = now;
        for (const auto end = now + time; next < end; next += pause) {
            while (!under_way_.empty() && under_way_.front().ends <= next)
                answer();
            now = next;
            if (limit.admits(waiting_, now))
                ++waiting_;
            else
                ++refused;
            send_waiting();
        }
        return refused;
    }

  private:
    struct call {
        steady_time sent;
        steady_time ends;
    };

    static nanoseconds interval(double rate) {
        return nanoseconds(static_cast<std::int64_t>(1e9 / rate));
    }
    void send(std::size_t wanted) {
        for (; wanted > 0 && under_way_.size() < limit.limit(); --wanted) {
            free_at_ = std::max(free_at_, now + distance_) + interval(per_second_);
            under_way_.push_back({now, free_at_});
        }
    }
    void send_waiting() {
        const auto before = under_way_.size();
        send(waiting_);
        waiting_ -= under_way_.size() - before;
    }
    void answer() {
        const auto first = under_way_.front();
        now = first.ends;
        limit.ended(now - first.sent, 1, under_way_.size(), now);
        under_way_.pop_front();
        send_waiting();
    }

    double per_second_;
    nanoseconds distance_;
    std::deque<call> under_way_;
    std::size_t waiting_ = 0;
    steady_time free_at_{};
};

} // namespace

BOOST_AUTO_TEST_SUITE(concurrency_limit)

BOOST_AUTO_TEST_CASE(it_begins_at_the_most_so_that_a_burst_passes) {
    const latchkey::core::concurrency_limit limit(bounds);
    BOOST_TEST(limit.limit() == 1024u);
    BOOST_TEST(limit.waiting_max() == 1024u);
}

BOOST_AUTO_TEST_CASE(under_load_it_settles_where_the_latency_is_the_target) {
    for (const double rate : {10'000.0, 50'000.0})
        BOOST_TEST_CONTEXT(rate << " a second") {
            simulated s{rate, 200us};
            s.saturate(2s);
            const auto ideal = rate * 0.005;
            BOOST_TEST(static_cast<double>(s.limit.limit()) > ideal / 2);
            BOOST_TEST(static_cast<double>(s.limit.limit()) < ideal * 1.5);
        }
}

BOOST_AUTO_TEST_CASE(load_that_stays_is_not_taken_for_distance) {
    simulated s{50'000, 200us};
    s.saturate(120s);
    BOOST_TEST(s.limit.limit() < 400u);
}

BOOST_AUTO_TEST_CASE(a_database_far_away_may_be_asked_more_at_once) {
    simulated s{50'000, 20ms};
    s.saturate(2s, 20);
    s.saturate(60s);
    // The goal is twice 20 ms: then a thousand look-ups are under way, which is about the maximum.
    BOOST_TEST(s.limit.limit() > 600u);
}

BOOST_AUTO_TEST_CASE(answers_that_take_longer_than_a_round_are_not_taken_for_distance) {
    struct {
        double per_second;
        milliseconds distance;
    } const cases[] = {{2000, 30ms}, {4000, 50ms}, {4000, 70ms}};
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.per_second << " a second, " << c.distance.count() << " ms") {
            stream_of_answers s{c.per_second, c.distance};
            s.saturate(10s);
            std::size_t most = 0;
            double sum = 0;
            constexpr int looks = 2000;
            for (int i = 0; i < looks; ++i) {
                s.saturate(20ms);
                most = std::max(most, s.limit.limit());
                sum += static_cast<double>(s.limit.limit());
            }
            // The goal is twice the distance: then as many look-ups are queued there as are on the
            // way.
            const auto ideal = 2 * c.per_second * std::chrono::duration<double>(c.distance).count();
            BOOST_TEST(static_cast<double>(most) < ideal * 1.5);
            BOOST_TEST(sum / looks > ideal / 2);
        }
}

BOOST_AUTO_TEST_CASE(measuring_the_distance_sends_nobody_away) {
    stream_of_answers s{20'000, 100ms};
    BOOST_TEST(s.ask(60s, 1000) == 0u);
}

BOOST_AUTO_TEST_CASE(silence_ends_the_dip) {
    latchkey::core::concurrency_limit limit(bounds);
    steady_time now{1000s};
    limit.ended(50ms, 1, 900, now);
    BOOST_TEST(limit.limit() == 16u);
    // Calls that were sent before the dip tell nothing, however many end.
    for (int i = 0; i < 9; ++i)
        limit.ended(2s, 1, 900, now += 100ms);
    BOOST_TEST(limit.limit() == 16u);
    BOOST_TEST(limit.admits(0, now + 99ms));
    BOOST_TEST(limit.limit() == 16u);
    BOOST_TEST(limit.admits(0, now + 100ms));
    BOOST_TEST(limit.limit() == 1024u);
}

BOOST_AUTO_TEST_CASE(who_needs_little_does_not_move_it) {
    simulated s{50'000, 200us};
    s.saturate(2s);
    const auto before = s.limit.limit();
    s.saturate(5s, 3);
    BOOST_TEST(s.limit.limit() == before);
}

BOOST_AUTO_TEST_CASE(a_database_that_has_become_slow_gets_less_but_not_nothing) {
    simulated s{50'000, 200us};
    s.saturate(1s);
    s.per_second = 500;
    s.saturate(2s);
    BOOST_TEST(s.limit.limit() == 16u);
    s.per_second = 50'000;
    s.saturate(2s);
    BOOST_TEST(s.limit.limit() > 100u);
}

BOOST_AUTO_TEST_CASE(a_burst_may_wait_and_a_standing_queue_may_not) {
    simulated s{10'000, 200us};
    s.saturate(2s);
    auto& limit = s.limit;
    const auto fits = limit.waiting_max();
    BOOST_TEST(fits > 20u);
    BOOST_TEST(fits < 100u);
    for (std::size_t waiting = 0; waiting < 1000; ++waiting)
        BOOST_REQUIRE(limit.admits(waiting, s.now));
    s.now += 100ms;
    BOOST_TEST(limit.admits(1000, s.now));
    s.now += 1ms;
    BOOST_TEST(!limit.admits(1000, s.now));
    BOOST_TEST(!limit.admits(fits, s.now));
    BOOST_TEST(limit.admits(fits - 1, s.now));
    // It stays overloaded while a call is refused now and then.
    s.now += 90ms;
    BOOST_TEST(!limit.admits(fits, s.now));
    s.now += 90ms;
    BOOST_TEST(!limit.admits(fits, s.now));
    // It ends when none was refused for that time.
    s.now += 101ms;
    BOOST_TEST(limit.admits(0, s.now));
    BOOST_TEST(limit.admits(1000, s.now));
}

BOOST_AUTO_TEST_CASE(the_slower_the_answers_the_shorter_the_queue) {
    simulated s{200, 200us};
    s.saturate(60s);
    // The minimum, 16 at once, takes 80 ms, and twice as many take twice as long; as many more may
    // wait.
    BOOST_TEST(s.limit.limit() < 40u);
    BOOST_TEST(s.limit.waiting_max() <= s.limit.limit());
    s.saturate(5s, 1);
    BOOST_TEST(s.limit.waiting_max() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

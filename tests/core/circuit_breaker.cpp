#include <latchkey/core/flow/circuit_breaker.hpp>

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <thread>
#include <vector>

using namespace latchkey::core;
using namespace std::chrono_literals;

namespace {

// Random bits with which the open time keeps its full length.
constexpr std::uint64_t no_jitter = 0;

struct story {
    explicit story(const breaker_configuration& c = {}) : breaker(c) {}
    circuit_breaker breaker;
    steady_time now{1000s};

    bool asks() { return breaker.admit(now).allowed.has_value(); }
    void call(bool good, std::size_t calls = 1) {
        const auto permit = breaker.admit(now).allowed;
        BOOST_REQUIRE(permit.has_value());
        if (good)
            breaker.succeeded(*permit, calls, now, no_jitter);
        else
            breaker.failed(*permit, calls, now, no_jitter);
    }
    breaker_state state() const { return breaker.state(); }
    void trip() { call(false, 100); }
};

// Calls succeed at a steady rate; then none is answered, and the callers are told after a while.
void opens_in_time(unsigned rate, milliseconds told_after, milliseconds stopped) {
    BOOST_TEST_CONTEXT(rate << " a second, stopped " << stopped.count() << " ms later, told after "
                            << told_after.count()) {
        story s;
        constexpr auto step = 10ms;
        const auto upto = [&](milliseconds t) { return rate * t.count() / 1000; };
        const auto halt = 3000ms + stopped;
        std::uint64_t random = 1;
        auto t = 0ms;
        for (; s.state() == breaker_state::closed && t < halt + 1010ms; t += step) {
            s.now = steady_time(1000s) + t;
            random = random * 6364136223846793005ULL + 1442695040888963407ULL;
            const auto calls = static_cast<std::size_t>(upto(t + step) - upto(t));
            if (calls == 0) continue;
            if (t < halt) s.breaker.succeeded(0, calls, s.now, random >> 20);
            if (t >= halt + told_after) s.breaker.failed(0, calls, s.now, random >> 20);
        }
        BOOST_TEST(s.state() == breaker_state::open);
        BOOST_TEST((t - halt).count() <= 1000);
    }
}

} // namespace

BOOST_TEST_DONT_PRINT_LOG_VALUE(latchkey::core::breaker_state)

BOOST_AUTO_TEST_SUITE(circuit_breaker)

BOOST_AUTO_TEST_CASE(it_opens_at_the_rate_and_not_before) {
    story s({.calls_min = 20, .failure_rate = 50});
    s.call(true, 21);
    s.call(false, 20);
    BOOST_TEST(s.state() == breaker_state::closed);
    s.call(false, 1);
    BOOST_TEST(s.state() == breaker_state::open);
    BOOST_TEST(!s.asks());
}

BOOST_AUTO_TEST_CASE(few_calls_mean_nothing) {
    story s({.calls_min = 20});
    s.call(false, 19);
    BOOST_TEST(s.state() == breaker_state::closed);
    s.call(false);
    BOOST_TEST(s.state() == breaker_state::open);
}

BOOST_AUTO_TEST_CASE(what_is_older_than_the_window_is_forgotten) {
    story s({.window = 1000ms, .calls_min = 20});
    s.call(false, 19);
    s.now += 2s;
    s.call(false, 19);
    BOOST_TEST(s.state() == breaker_state::closed);
    // Half of the older slot still counts: 9.5 of its 19 failures.
    s.now += 1500ms;
    s.call(false, 10);
    BOOST_TEST(s.state() == breaker_state::closed);
    s.call(false, 1);
    BOOST_TEST(s.state() == breaker_state::open);
}

BOOST_AUTO_TEST_CASE(a_database_that_falls_silent_under_load_opens_it_within_a_second) {
    for (const auto rate : {60u, 1000u, 100'000u})
        for (const auto told_after : {150ms, 500ms}) // waiting for a connection; waiting in a query
            for (auto stopped = 0ms; stopped < 1000ms; stopped += 130ms)
                opens_in_time(rate, told_after, stopped);
}

BOOST_AUTO_TEST_CASE(a_broken_connection_among_much_good_work_does_not) {
    story s;
    std::uint64_t random = 7;
    for (int i = 0; i < 1000; ++i) {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        s.now += 1ms;
        s.breaker.succeeded(0, 100, s.now, random >> 20);
    }
    // Four batches of 1024 fail in a second with 100,000 good calls.
    for (int i = 0; i < 4; ++i)
        s.breaker.failed(0, 1024, s.now, random >> 20);
    BOOST_TEST(s.state() == breaker_state::closed);
}

BOOST_AUTO_TEST_CASE(probes_close_it) {
    story s({.open_time = 500ms, .probes = 2});
    s.trip();
    s.now += 499ms;
    BOOST_TEST(!s.asks());
    s.now += 1ms;
    const auto first = s.breaker.admit(s.now);
    BOOST_REQUIRE(first.allowed.has_value());
    BOOST_REQUIRE(first.changed.has_value());
    BOOST_TEST(first.changed->to == breaker_state::half_open);
    const auto second = s.breaker.admit(s.now);
    BOOST_REQUIRE(second.allowed.has_value());
    BOOST_TEST(!second.changed.has_value());
    BOOST_TEST(!s.asks());
    BOOST_TEST(!s.breaker.succeeded(*first.allowed, 1, s.now, 0).has_value());
    const auto closed = s.breaker.succeeded(*second.allowed, 1, s.now, 0);
    BOOST_REQUIRE(closed.has_value());
    BOOST_TEST(closed->to == breaker_state::closed);
    BOOST_TEST(s.asks());
}

BOOST_AUTO_TEST_CASE(a_bad_probe_doubles_the_time_up_to_the_bound) {
    story s({.open_time = 500ms, .open_time_max = 2000ms, .probes = 1});
    s.trip();
    for (const auto open_for : {1000ms, 2000ms, 2000ms, 2000ms}) {
        s.now += 2000ms;
        const auto permit = s.breaker.admit(s.now).allowed;
        BOOST_REQUIRE(permit.has_value());
        const auto opened = s.breaker.failed(*permit, 1, s.now, no_jitter);
        BOOST_REQUIRE(opened.has_value());
        BOOST_TEST(opened->open_for.count() == open_for.count());
    }
    // It closes, and each window in which it stays closed takes a doubling back.
    s.now += 2000ms;
    s.call(true);
    BOOST_TEST(s.state() == breaker_state::closed);
    s.now += 10s;
    const auto permit = s.breaker.admit(s.now).allowed;
    const auto opened = s.breaker.failed(*permit, 100, s.now, no_jitter);
    BOOST_REQUIRE(opened.has_value());
    BOOST_TEST(opened->open_for.count() == 500);
}

BOOST_AUTO_TEST_CASE(jitter_takes_up_to_a_half) {
    for (std::uint64_t random = 0; random < 1000; random += 7) {
        story s({.open_time = 500ms});
        const auto opened = s.breaker.failed(0, 100, s.now, random);
        BOOST_REQUIRE(opened.has_value());
        BOOST_TEST(opened->open_for.count() >= 250);
        BOOST_TEST(opened->open_for.count() <= 500);
    }
}

BOOST_AUTO_TEST_CASE(outcomes_of_an_earlier_period_do_not_count) {
    story s({.probes = 1});
    const auto old = *s.breaker.admit(s.now).allowed;
    s.trip();
    BOOST_TEST(!s.breaker.holds(old));
    s.now += 500ms;
    const auto probe = *s.breaker.admit(s.now).allowed;
    BOOST_TEST(!s.breaker.failed(old, 100, s.now, 0).has_value());
    BOOST_TEST(!s.breaker.succeeded(old, 100, s.now, 0).has_value());
    BOOST_TEST(!s.breaker.not_tried(s.now, 0).has_value());
    BOOST_TEST(s.state() == breaker_state::half_open);
    BOOST_TEST(s.breaker.holds(probe));
    s.breaker.succeeded(probe, 1, s.now, 0);
    BOOST_TEST(s.state() == breaker_state::closed);
}

BOOST_AUTO_TEST_CASE(a_probe_that_is_lost_is_replaced) {
    story s({.open_time_max = 2000ms, .probes = 1});
    s.trip();
    s.now += 500ms;
    const auto lost = *s.breaker.admit(s.now).allowed;
    s.now += 1999ms;
    BOOST_TEST(!s.asks());
    s.now += 1ms;
    const auto next = s.breaker.admit(s.now).allowed;
    BOOST_REQUIRE(next.has_value());
    s.breaker.succeeded(lost, 1, s.now, 0);
    BOOST_TEST(s.state() == breaker_state::half_open);
    s.breaker.succeeded(*next, 1, s.now, 0);
    BOOST_TEST(s.state() == breaker_state::closed);
}

BOOST_AUTO_TEST_CASE(who_is_reached_again_is_probed_at_once) {
    story s;
    BOOST_TEST(!s.breaker.reached(s.now).has_value());
    for (int i = 0; i < 20; ++i)
        s.breaker.not_tried(s.now, 0);
    BOOST_TEST(s.state() == breaker_state::open);
    BOOST_TEST(!s.asks());
    BOOST_TEST(s.breaker.reached(s.now).has_value());
    BOOST_TEST(s.asks());
}

BOOST_AUTO_TEST_CASE(switched_off_it_never_opens) {
    story s({.enabled = false});
    s.call(false, 1000);
    s.breaker.not_tried(s.now, 0);
    BOOST_TEST(s.state() == breaker_state::closed);
    BOOST_TEST(s.asks());
}

// Exactly one caller makes each change, and writes the log line.
BOOST_AUTO_TEST_CASE(many_threads_agree) {
    latchkey::core::circuit_breaker breaker({.window = 60s, .open_time = 10ms, .probes = 3});
    std::atomic<int> opened = 0, half_opened = 0, closed = 0;
    std::atomic<int> ticks = 0;
    const auto count = [&](const std::optional<latchkey::core::circuit_breaker::change>& c) {
        if (!c) return;
        ++(c->to == breaker_state::open        ? opened
           : c->to == breaker_state::half_open ? half_opened
                                               : closed);
    };
    const auto work = [&](std::uint64_t seed) {
        for (int i = 0; i < 20'000; ++i) {
            seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
            const auto now = steady_time(1000s) + milliseconds(++ticks / 10);
            const auto [allowed, changed] = breaker.admit(now);
            count(changed);
            if (!allowed) continue;
            const bool good = (i / 1000) % 3 == 0; // most fail, whichever thread comes first
            count(good ? breaker.succeeded(*allowed, 1, now, seed >> 16)
                       : breaker.failed(*allowed, 1, now, seed >> 16));
        }
    };
    std::vector<std::thread> threads;
    for (std::uint64_t i = 1; i <= 4; ++i)
        threads.emplace_back(work, i);
    for (auto& t : threads)
        t.join();
    BOOST_TEST(opened > 0);
    // Half-open follows open alone, and closed follows half-open alone.
    BOOST_TEST(half_opened <= opened);
    BOOST_TEST(closed <= half_opened);
    const int ends = breaker.state() == breaker_state::half_open ? 1 : 0;
    const int reopened = half_opened - closed - ends;
    BOOST_TEST(reopened >= 0);
    BOOST_TEST(opened - reopened - closed == (breaker.state() == breaker_state::closed ? 0 : 1));
}

BOOST_AUTO_TEST_SUITE_END()

#include <latchkey/core/flow/rate_limiter.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

const core::rate_rule per_minute = *core::rate_rule::make(60, 60s, 10);

// One limiter, one rule, and callers by name.
struct desk {
    explicit desk(std::size_t buckets = 1024, core::rate_rule r = per_minute)
        : limiter(buckets, {17, 42}), rule(r), scope(limiter.scope("test", r)) {}

    core::rate_decision take(std::string_view who, std::uint64_t cost = 1) {
        return limiter.take(limiter.key(scope, who), rule, cost, now);
    }
    core::rate_decision look(std::string_view who, std::uint64_t cost = 1) const {
        return limiter.look(limiter.key(scope, who), rule, cost, now);
    }
    // How many requests of cost 1 are allowed at once, up to `most`.
    std::uint64_t take_all(std::string_view who, std::uint64_t most = 1000) {
        std::uint64_t n = 0;
        while (n < most && take(who).allowed)
            ++n;
        return n;
    }

    core::rate_limiter limiter;
    core::rate_rule rule;
    std::uint64_t scope;
    core::boot_time now{1h};
};

} // namespace

BOOST_AUTO_TEST_SUITE(rate_limiter)

BOOST_AUTO_TEST_CASE(a_burst_then_the_pace) {
    desk d;
    for (std::uint64_t left = 10; left-- > 0;) {
        const auto said = d.take("ann");
        BOOST_TEST(said.allowed);
        BOOST_TEST(said.remaining == left);
    }
    auto refused = d.take("ann");
    BOOST_TEST(!refused.allowed);
    BOOST_TEST(refused.remaining == 0u);
    BOOST_TEST((refused.retry_after > 999ms && refused.retry_after <= 1s));
    BOOST_TEST((refused.full_after > 9'999ms && refused.full_after <= 10s));
    d.now += 999ms;
    BOOST_TEST(!d.take("ann").allowed);
    d.now += 1ms;
    BOOST_TEST(d.take("ann").allowed);
    BOOST_TEST(!d.take("ann").allowed);
    // A minute at the even pace allows the quantity, however the requests are timed.
    std::uint64_t allowed = 0;
    for (int i = 0; i < 60 * 8; ++i) {
        d.now += 125ms;
        allowed += d.take("ann").allowed;
    }
    BOOST_TEST(allowed == 60u);
    d.now += 10s;
    BOOST_TEST(d.take_all("ann") == 10u);
    d.now += 1h;
    BOOST_TEST(d.take_all("ann") == 10u);
}

BOOST_AUTO_TEST_CASE(refusals_cost_nothing) {
    desk d;
    d.take_all("ann");
    for (int i = 0; i < 1000; ++i)
        d.take("ann");
    d.now += 1s;
    BOOST_TEST(d.take("ann").allowed);
}

BOOST_AUTO_TEST_CASE(callers_and_rules_do_not_share) {
    desk d;
    d.take_all("ann");
    BOOST_TEST(d.take("ben").allowed);
    // Another limit, and the same limit with another rule, begin afresh.
    const auto other = *core::rate_rule::make(60, 60s, 11);
    for (const auto scope : {d.limiter.scope("other", d.rule), d.limiter.scope("test", other)})
        BOOST_TEST(d.limiter.take(d.limiter.key(scope, "ann"), d.rule, 1, d.now).allowed);
    // An unchanged limit goes on.
    BOOST_TEST((d.limiter.scope("test", *core::rate_rule::make(60, 60s, 10)) == d.scope));
    BOOST_TEST(!d.take("ann").allowed);
}

BOOST_AUTO_TEST_CASE(a_cost_is_taken_whole_or_not_at_all) {
    desk d;
    BOOST_TEST(d.take("ann", 7).allowed);
    const auto refused = d.take("ann", 4);
    BOOST_TEST(!refused.allowed);
    BOOST_TEST(refused.remaining == 3u);
    BOOST_TEST((refused.retry_after > 999ms && refused.retry_after <= 1s));
    BOOST_TEST(d.take("ann", 3).allowed);
    BOOST_TEST(d.take("ann", 0).allowed);
    const auto never = d.take("ben", 11);
    BOOST_TEST(!never.allowed);
    BOOST_TEST((never.retry_after == core::rate_decision::never));
    BOOST_TEST(d.take("ben", ~std::uint64_t{0}).allowed == false);
    BOOST_TEST(d.take("ben", 10).allowed);
}

BOOST_AUTO_TEST_CASE(to_look_is_not_to_take) {
    desk d;
    for (int i = 0; i < 20; ++i)
        BOOST_TEST(d.look("ann", 10).allowed);
    BOOST_TEST(d.look("ann").remaining == 9u);
    d.take_all("ann");
    BOOST_TEST(!d.look("ann").allowed);
}

// Two threads read their clocks one after the other, and act in the opposite order.
BOOST_AUTO_TEST_CASE(a_now_from_before_the_last_one_forgives_nothing) {
    desk d;
    d.take_all("ann");
    d.now -= 5ms;
    BOOST_TEST(!d.take("ann").allowed);
    d.now -= 20s;
    BOOST_TEST(!d.take("ann").allowed);
}

BOOST_AUTO_TEST_CASE(times_wrap_around) {
    desk d;
    for (int round = 0; round < 8; ++round) {
        d.now = core::boot_time(1h + round * (std::chrono::nanoseconds(1ll << 51) - 7s));
        BOOST_TEST(d.take_all("ann") == 10u);
        d.now += 3s;
        BOOST_TEST(d.take_all("ann") == 3u);
        d.now += 20s;
        BOOST_TEST(d.take_all("ann") == 10u);
        for (int i = 0; i < 4096; ++i) // empties what a later round could misread
            d.limiter.sweep(d.now + 60s);
    }
}

BOOST_AUTO_TEST_CASE(the_sweep_leaves_debts) {
    desk d;
    d.take_all("ann");
    d.now += 2s;
    for (int i = 0; i < 2 * 4096; ++i)
        d.limiter.sweep(d.now);
    BOOST_TEST(d.take_all("ann") == 2u);
}

// One line of eight buckets, which all callers share.
BOOST_AUTO_TEST_CASE(a_flood_displaces_small_debts_and_frees_no_offender) {
    desk d(8);
    d.take_all("offender");
    d.take("light");
    std::size_t displaced = 0;
    for (int i = 0; i < 100'000; ++i) {
        const auto said = d.take("flood " + std::to_string(i));
        BOOST_REQUIRE(said.allowed); // a new caller is never locked out
        displaced += said.displaced;
    }
    BOOST_TEST(displaced > 99'000u);
    BOOST_TEST(!d.take("offender").allowed);
    BOOST_TEST(d.take("light").allowed);
    d.now += 1s;
    BOOST_TEST(d.take_all("offender") == 1u);
}

BOOST_AUTO_TEST_CASE(the_largest_debts_alone_free_an_offender) {
    desk d(8);
    BOOST_TEST(d.take("offender", 9).allowed);
    for (int i = 0; i < 7; ++i)
        BOOST_TEST(d.take("accomplice " + std::to_string(i), 10).allowed);
    BOOST_TEST(d.take("straw").displaced);
    BOOST_TEST(d.take_all("offender") == 10u);
}

BOOST_AUTO_TEST_CASE(paid_back_buckets_are_free) {
    desk d(8);
    for (int i = 0; i < 100; ++i) {
        for (int n = 0; n < 8; ++n)
            BOOST_TEST(!d.take(std::to_string(i) + "/" + std::to_string(n)).displaced);
        d.now += 1s;
    }
}

BOOST_AUTO_TEST_CASE(what_a_rule_may_be) {
    const auto ok = [](std::uint64_t quantity, core::nanoseconds window, std::uint64_t burst) {
        return core::rate_rule::make(quantity, window, burst).has_value();
    };
    BOOST_TEST(ok(1, 1s, 1));
    BOOST_TEST(ok(1'000'000, 1s, 1'000'000));
    BOOST_TEST(!ok(1'000'001, 1s, 1));
    BOOST_TEST(!ok(0, 1s, 1));
    BOOST_TEST(!ok(1, 0s, 1));
    BOOST_TEST(!ok(1, 1s, 0));
    BOOST_TEST(!ok(1, -1s, 1));
    BOOST_TEST(ok(1, 24h, 7));
    BOOST_TEST(!ok(1, 24h, 8));
    BOOST_TEST(!ok(1, 24h, ~std::uint64_t{0}));
    BOOST_TEST(!ok(~std::uint64_t{0}, 24h, 1));
}

BOOST_AUTO_TEST_CASE(the_pace_of_fast_rules) {
    for (const std::uint64_t quantity : {1'000u, 100'000u}) {
        desk d(1024, *core::rate_rule::make(quantity, 1s, 1));
        std::uint64_t allowed = 0;
        for (int i = 0; i < 1'000'000; ++i) {
            d.now += 1us;
            allowed += d.take("ann").allowed;
        }
        BOOST_TEST(allowed <= quantity + 1);
        BOOST_TEST(allowed >= quantity * 9 / 10); // each may be late by one step of 1 us
    }
}

// No request too many is allowed and none is lost, however the threads meet.
BOOST_AUTO_TEST_CASE(threads_share_one_bucket_exactly) {
    desk d(8, *core::rate_rule::make(100'000, 1000s, 100'000));
    d.take("ann");
    std::atomic<std::uint64_t> allowed{1};
    std::vector<std::thread> crew;
    for (int t = 0; t < 4; ++t)
        crew.emplace_back([&] {
            const auto key = d.limiter.key(d.scope, "ann");
            std::uint64_t mine = 0;
            for (int i = 0; i < 50'000; ++i)
                mine += d.limiter.take(key, d.rule, 1, d.now).allowed;
            allowed += mine;
        });
    for (auto& t : crew)
        t.join();
    BOOST_TEST(allowed.load() == 100'000u);
}

// For the sanitizers. A race on a full line lets nobody have much more than his burst.
BOOST_AUTO_TEST_CASE(threads_that_displace_each_other) {
    desk d(16);
    std::vector<std::thread> crew;
    for (int t = 0; t < 4; ++t)
        crew.emplace_back([&, t] {
            for (unsigned i = 0; i < 20'000; ++i) {
                const auto who = std::to_string(t) + "/" + std::to_string(i % 100);
                d.limiter.take(d.limiter.key(d.scope, who), d.rule, 1 + i % 3, d.now);
                if (t == 0) d.limiter.sweep(d.now + 5s);
            }
        });
    for (auto& t : crew)
        t.join();
    d.now += 1min;
    BOOST_TEST(d.take_all("ann") == 10u);
}

BOOST_AUTO_TEST_SUITE_END()

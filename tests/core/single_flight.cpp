#include <latchkey/core/flow/single_flight.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

struct runway {
    core::single_flight flights{1s};
    core::moment now{core::boot_time(1h), core::real_time(1h)};
    std::uint64_t changed_at = 0;
    core::fingerprint key{1};

    void pass(core::nanoseconds d) {
        now.boot += d;
        now.real += std::chrono::duration_cast<core::real_time::duration>(d);
    }
    core::flight* joinable(core::single_flight::demand d = {}) {
        return flights.joinable(key, 5, now, d, changed_at);
    }
    void begin(core::flight& f, std::uint64_t sequence = 1) {
        flights.begin(f, key, 5, now, sequence);
    }
};

int count(core::flight_waiter* w) {
    int n = 0;
    for (; w; w = w->next_waiter)
        ++n;
    return n;
}

} // namespace

BOOST_AUTO_TEST_SUITE(single_flight)

BOOST_AUTO_TEST_CASE(questions_of_one_key_share_a_flight) {
    runway r;
    core::flight f;
    core::flight_waiter a, b, c;
    BOOST_TEST(!r.joinable());
    r.begin(f);
    r.flights.join(f, a, {});
    BOOST_TEST(r.joinable() == &f);
    r.flights.join(f, b, {});
    f.sent = true;
    BOOST_TEST(r.joinable() == &f);
    r.flights.join(f, c, {});
    // Another fingerprint with the same hash has a flight of its own.
    BOOST_TEST(!r.flights.joinable(core::fingerprint{2}, 5, r.now, {}, 0));
    BOOST_TEST(r.flights.under_way() == 1u);
    const auto landing = r.flights.finish(f, r.now);
    BOOST_TEST(!landing.late);
    BOOST_TEST(landing.keep);
    BOOST_TEST(count(landing.waiters) == 3);
    BOOST_TEST(!r.joinable());
    BOOST_TEST(r.flights.under_way() == 0u);
}

BOOST_AUTO_TEST_CASE(after_a_change_nobody_joins_and_nothing_is_kept) {
    runway r;
    core::flight old;
    core::flight fresh;
    core::flight_waiter before, after;
    r.begin(old);
    r.flights.join(old, before, {});
    r.flights.taint(r.key, 5);
    BOOST_TEST(!r.joinable());
    r.begin(fresh, 2);
    r.flights.join(fresh, after, {});
    BOOST_TEST(r.joinable() == &fresh);
    // The old flight removes only itself, and its waiters are those who asked before the change.
    const auto landing = r.flights.finish(old, r.now);
    BOOST_TEST(!landing.keep);
    BOOST_TEST(landing.waiters == &before);
    BOOST_TEST(r.joinable() == &fresh);
    BOOST_TEST(r.flights.finish(fresh, r.now).keep);
}

BOOST_AUTO_TEST_CASE(a_change_taints_every_flight_of_its_key) {
    runway r;
    core::flight first;
    core::flight second;
    core::flight_waiter a, b;
    r.begin(first);
    r.flights.join(first, a, {});
    first.sent = true;
    r.begin(second);
    r.flights.join(second, b, {.unsent = true});
    r.flights.taint(r.key, 5);
    BOOST_TEST(!r.flights.finish(second, r.now).keep);
    BOOST_TEST(!r.flights.finish(first, r.now).keep);
}

BOOST_AUTO_TEST_CASE(a_change_that_might_concern_it_stops_joining) {
    runway r;
    core::flight f;
    r.begin(f, 7);
    r.changed_at = 7;
    BOOST_TEST(r.joinable() == &f);
    r.changed_at = 8;
    BOOST_TEST(!r.joinable());
    r.flights.finish(f, r.now);
}

BOOST_AUTO_TEST_CASE(past_its_deadline_it_is_not_joined_and_not_used) {
    runway r;
    core::flight f;
    core::flight_waiter w;
    r.begin(f);
    r.flights.join(f, w, {});
    r.pass(1s);
    BOOST_TEST(r.joinable() == &f);
    r.pass(1ns);
    r.pass(1us);
    BOOST_TEST(!r.joinable());
    const auto landing = r.flights.finish(f, r.now);
    BOOST_TEST(landing.late);
    BOOST_TEST(!landing.keep);
    BOOST_TEST(landing.waiters == &w);
}

// A suspended guest: its boot clock stood still, and its real clock was set right.
BOOST_AUTO_TEST_CASE(a_jump_of_the_real_clock_makes_it_late) {
    runway r;
    core::flight f;
    r.begin(f);
    r.now.real += 2s;
    BOOST_TEST(!r.joinable());
    BOOST_TEST(r.flights.finish(f, r.now).late);
}

BOOST_AUTO_TEST_CASE(no_cache_joins_only_what_was_not_sent) {
    runway r;
    core::flight f;
    core::flight_waiter a;
    r.begin(f);
    r.flights.join(f, a, {});
    BOOST_TEST(r.joinable({.unsent = true}) == &f);
    f.sent = true;
    BOOST_TEST(!r.joinable({.unsent = true}));
    BOOST_TEST(r.joinable() == &f);
    r.flights.finish(f, r.now);
}

BOOST_AUTO_TEST_CASE(no_store_counts_only_when_all_asked_for_it) {
    struct {
        bool first, second, kept;
    } const cases[] = {
        {true, true, true}, {false, true, true}, {true, false, true}, {false, false, false}};
    for (const auto& c : cases) {
        runway r;
        core::flight f;
        core::flight_waiter a, b;
        r.begin(f);
        r.flights.join(f, a, {.keep = c.first});
        r.flights.join(f, b, {.keep = c.second});
        BOOST_TEST(r.flights.finish(f, r.now).keep == c.kept);
    }
}

BOOST_AUTO_TEST_SUITE_END()

#include "http/connection_deadline.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;
using http::phase;

namespace {

struct timed final : http::connection_deadline {
    explicit timed(net::deadline_wheel& wheel) : connection_deadline(wheel, 5s) {}
    void deadline_passed() override { pass(); }
    void abandon() override {}
};

struct worker {
    core::steady_time now{1h};
    net::deadline_wheel wheel{now};
    timed t{wheel};

    void pass(core::milliseconds time) {
        now += time;
        wheel.advance(now);
        while (wheel.tell_late(1)) {
        }
    }
    void drain(core::milliseconds grace) {
        const auto end = wheel.now() + grace;
        wheel.reschedule([end](net::deadline_entry& entry) { entry.draining(end); });
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(connection_deadline, worker)

BOOST_AUTO_TEST_CASE(it_runs_from_the_beginning) {
    BOOST_TEST((t.phase() == phase::rest));
    pass(4900ms);
    BOOST_TEST(!t.late());
    pass(200ms);
    BOOST_TEST(t.late());
}

BOOST_AUTO_TEST_CASE(a_phase_that_goes_on_keeps_its_time) {
    pass(4s);
    t.go_on(phase::header);
    pass(1100ms);
    BOOST_TEST(t.late());
}

BOOST_AUTO_TEST_CASE(a_phase_that_begins_has_its_own_time) {
    pass(6s);
    t.begin(phase::header, 1s);
    BOOST_TEST(!t.late());
    pass(900ms);
    BOOST_TEST(!t.late());
    pass(200ms);
    BOOST_TEST(t.late());
    t.begin(phase::busy);
    pass(1h);
    BOOST_TEST(!t.late());
}

// A nearer deadline is noticed in time, though the entry waits in a far slot.
BOOST_AUTO_TEST_CASE(a_nearer_deadline_is_noticed) {
    t.begin(phase::busy, 1h);
    pass(4s);
    t.begin(phase::busy, 100ms);
    pass(200ms);
    BOOST_TEST(t.late());
}

BOOST_AUTO_TEST_CASE(a_drain_shortens_a_rest_and_nothing_else) {
    for (const auto what : {phase::rest, phase::header, phase::busy}) {
        t.begin(what, 5s);
        drain(1s);
        pass(1200ms);
        BOOST_TEST(t.late() == (what == phase::rest));
        t.begin(what, 500ms);
        drain(10s);
        pass(600ms);
        BOOST_TEST(t.late());
    }
}

BOOST_AUTO_TEST_SUITE_END()

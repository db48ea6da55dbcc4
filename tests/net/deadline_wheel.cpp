#include <latchkey/net/deadline_wheel.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

using namespace latchkey;
using net::deadline_entry;
using namespace std::chrono_literals;

namespace {

struct entry final : deadline_entry {
    int passed = 0;
    net::deadline_wheel* leaves = nullptr;
    void deadline_passed() override {
        ++passed;
        deadline = core::steady_time::max();
        if (leaves) leaves->remove(*this);
    }
    void draining(core::steady_time end) override { deadline = end; }
    void abandon() override {
        ++abandoned;
        from->remove(*this);
    }
    int abandoned = 0;
    net::deadline_wheel* from = nullptr;
};

void pass(net::deadline_wheel& wheel, core::steady_time now, std::size_t most = SIZE_MAX) {
    wheel.advance(now);
    wheel.tell_late(most);
}

} // namespace

BOOST_AUTO_TEST_SUITE(deadline_wheel)

BOOST_AUTO_TEST_CASE(notices_each_deadline_within_two_ticks_and_never_early) {
    for (const auto away : {0ms, 10ms, 50ms, 120ms, 3150ms, 3200ms, 5000ms, 75000ms}) {
        BOOST_TEST_CONTEXT("in " << away.count() << " ms") {
            core::steady_time now{};
            net::deadline_wheel wheel(now);
            entry e;
            e.deadline = now + away;
            wheel.insert(e);
            while (e.passed == 0 && now < core::steady_time{} + 100s)
                pass(wheel, now += 10ms);
            BOOST_TEST(e.passed == 1);
            BOOST_TEST((now >= core::steady_time{} + away));
            BOOST_TEST((now <= core::steady_time{} + away + 2 * net::deadline_wheel::tick));
            wheel.remove(e);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_later_deadline_is_a_plain_store) {
    core::steady_time now{};
    net::deadline_wheel wheel(now);
    entry e;
    e.deadline = now + 1s;
    wheel.insert(e);
    for (int i = 0; i < 100; ++i) {
        pass(wheel, now += 100ms);
        e.deadline = now + 1s;
    }
    BOOST_TEST(e.passed == 0);
    wheel.remove(e);
}

BOOST_AUTO_TEST_CASE(a_nearer_deadline_is_hastened) {
    core::steady_time now{};
    net::deadline_wheel wheel(now);
    entry e;
    e.deadline = now + 75s;
    wheel.insert(e);
    e.deadline = now + 200ms;
    wheel.hasten(e);
    pass(wheel, now += 300ms);
    BOOST_TEST(e.passed == 1);
    wheel.remove(e);
}

BOOST_AUTO_TEST_CASE(what_is_late_may_leave_while_it_is_told) {
    core::steady_time now{};
    net::deadline_wheel wheel(now);
    entry first;
    entry second;
    for (auto* e : {&first, &second}) {
        e->leaves = &wheel;
        e->deadline = now + 100ms;
        wheel.insert(*e);
    }
    pass(wheel, now + 10s);
    BOOST_TEST(first.passed == 1);
    BOOST_TEST(second.passed == 1);
}

BOOST_AUTO_TEST_CASE(draining_reaches_every_entry) {
    core::steady_time now{};
    net::deadline_wheel wheel(now);
    entry near;
    entry far;
    near.deadline = now + 1s;
    far.deadline = now + 75s;
    wheel.insert(near);
    wheel.insert(far);
    wheel.reschedule([&](deadline_entry& e) { e.draining(now + 500ms); });
    pass(wheel, now + 600ms);
    BOOST_TEST(near.passed == 1);
    BOOST_TEST(far.passed == 1);
    wheel.remove(near);
    wheel.remove(far);
}

BOOST_AUTO_TEST_CASE(many_that_are_late_together_are_told_in_portions) {
    core::steady_time now{};
    net::deadline_wheel wheel(now);
    std::vector<entry> all(1000);
    for (auto& e : all) {
        e.deadline = now + 1s;
        wheel.insert(e);
    }
    const auto told = [&] { return std::ranges::count(all, 1, &entry::passed); };
    pass(wheel, now += 900ms, 4);
    BOOST_TEST(told() == 0);
    wheel.advance(now += 200ms);
    for (int turn = 1; turn <= 10; ++turn) {
        BOOST_TEST(wheel.tell_late(4));
        BOOST_TEST(told() == 4 * turn);
    }
    // Meanwhile the others may have finished, and have later deadlines.
    for (auto& e : all)
        if (e.passed == 0) e.deadline = now + 1s;
    BOOST_TEST(!wheel.tell_late(4));
    BOOST_TEST(told() == 40);
    pass(wheel, now += 2s);
    BOOST_TEST(told() == 1000);
    for (auto& e : all)
        wheel.remove(e);
}

BOOST_AUTO_TEST_CASE(abandons_each_once) {
    net::deadline_wheel wheel(core::steady_time{});
    entry near, far;
    for (auto* e : {&near, &far}) {
        e->from = &wheel;
        e->deadline = e == &near ? core::steady_time{} + 1s : core::steady_time::max();
        wheel.insert(*e);
    }
    wheel.abandon_all();
    BOOST_TEST(near.abandoned == 1);
    BOOST_TEST(far.abandoned == 1);
}

BOOST_AUTO_TEST_SUITE_END()

#include "../named_schedules.hpp"
#include "../random.hpp"
#include "../schedule.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

using namespace latchkey::history;
using namespace std::chrono_literals;

namespace {

bool does(const schedule& s, action what) {
    return std::ranges::any_of(s.steps, [&](const step& one) { return one.what == what; });
}

// The actions that end the effect of another one.
const std::map<action, std::set<action>> ends = {
    {action::stall_link, {action::pass_link}},
    {action::pause_node, {action::continue_node}},
    {action::shift_clock, {action::set_clock_right}},
    {action::fill_disk, {action::free_disk}},
    {action::make_read_only, {action::make_writable}},
    {action::start_read_only, {action::make_writable}},
    {action::kill_primary, {action::start_primary, action::start_read_only, action::move_address}},
    {action::stop_primary, {action::continue_primary}},
    {action::promote, {action::move_address}},
    {action::back_up, {action::roll_back}},
    {action::dump, {action::restore, action::restore_raised}},
};

// Everything that a step begins is ended by a later step.
std::string left_broken(const schedule& s) {
    for (auto one = s.steps.begin(); one != s.steps.end(); ++one) {
        const auto by = ends.find(one->what);
        if (by == ends.end()) continue;
        if (std::none_of(one, s.steps.end(), [&](const step& later) {
                return by->second.contains(later.what) && later.node == one->node;
            }))
            return s.name + ": " + name(one->what);
    }
    return {};
}

void check(const schedule& s) {
    BOOST_TEST(left_broken(s) == "");
    BOOST_TEST(std::ranges::is_sorted(s.steps, {}, &step::at), text(s));
    // There is one standby at a time.
    bool has_standby = true;
    for (const auto& one : s.steps) {
        if (one.what == action::rebuild_standby) has_standby = true;
        if (one.what != action::promote) continue;
        BOOST_TEST(std::exchange(has_standby, false), text(s));
    }
    if (s.loses_obeyed)
        BOOST_TEST(
            (does(s, action::sever_replica) || does(s, action::back_up) || does(s, action::dump)));
}

} // namespace

BOOST_AUTO_TEST_SUITE(schedules)

// The first three numbers of the paper's generator with the seed 1234567.
BOOST_AUTO_TEST_CASE(the_numbers_are_those_of_the_algorithm) {
    random_numbers random(1234567);
    BOOST_TEST(random.next() == 6457827717110365317u);
    BOOST_TEST(random.next() == 3203168211198807973u);
    BOOST_TEST(random.next() == 9817491932198370423u);
}

BOOST_AUTO_TEST_CASE(a_seed_has_one_schedule) {
    std::set<std::string> texts;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        const auto once = text(schedule_of(seed));
        BOOST_TEST(once == text(schedule_of(seed)));
        texts.insert(once);
    }
    BOOST_TEST(texts.size() == 500);
    BOOST_TEST(text(schedule_of(7)).starts_with("seed 7: "));
}

// Texts are what is compared and printed, so each part must show in them.
BOOST_AUTO_TEST_CASE(the_text_says_all) {
    schedule s;
    s.name = "n";
    s.steps = {{1500ms, action::stall_link, 1}, {2s, action::shift_clock, 0, -90}};
    BOOST_TEST(text(s) == "n: one address, max_staleness 2.000, feed_interval 0.250\n"
                          "  at 1.500  stall_link  node 1\n"
                          "  at 2.000  shift_clock  node 0  by -90\n");
    s.reach = way::hosts;
    s.lazy = s.apart = true;
    s.quiet_bound = 4s;
    BOOST_TEST(text(s).starts_with("n: host=A,B, asynchronous commits, max_staleness 2.000, "
                                   "feed_interval 0.250, quiet bound 4.000, counted apart\n"));
    BOOST_TEST(name(action::kill_primary) == "kill_primary");
    BOOST_TEST(name(action::set_clock_right) == "set_clock_right");
}

BOOST_AUTO_TEST_CASE(whatever_is_broken_is_mended_again) {
    for (std::uint64_t seed = 0; seed < 2000; ++seed)
        check(schedule_of(seed));
    for (const auto& s : named_schedules())
        check(s);
}

BOOST_AUTO_TEST_CASE(seeds_break_everything_in_every_way) {
    std::map<action, int> times;
    int of_hosts = 0;
    int lazy = 0;
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
        const auto s = schedule_of(seed);
        BOOST_TEST(!s.steps.empty());
        BOOST_TEST(!s.apart);
        of_hosts += s.reach == way::hosts;
        lazy += s.lazy;
        for (const auto& one : s.steps)
            ++times[one.what];
    }
    for (const auto what : {action::kill_primary,  action::stop_primary,
                            action::sever_replica, action::promote,
                            action::fill_disk,     action::make_read_only,
                            action::roll_back,     action::terminate_backends,
                            action::migrate_again, action::stall_link,
                            action::break_links,   action::shift_clock,
                            action::pause_node,    action::end_node,
                            action::kill_node,     action::rebuild_standby,
                            action::lift_holds,    action::accept_database,
                            action::dump,          action::restore,
                            action::restore_raised})
        BOOST_TEST(times[what] >= 30, name(what));
    BOOST_TEST((of_hosts > 300 && of_hosts < 700));
    BOOST_TEST((lazy > 150 && lazy < 350));
    // The twenty seeds of the daily run contain all of it, too.
    std::set<action> early;
    for (std::uint64_t seed = 1; seed <= 20; ++seed)
        for (const auto& one : schedule_of(seed).steps)
            early.insert(one.what);
    for (const auto& [what, n] : times)
        BOOST_TEST(early.contains(what), name(what));
}

// While a connection to the old primary lives, a node cannot know of the new one.
BOOST_AUTO_TEST_CASE(no_seed_lets_a_node_reach_the_old_primary_alone) {
    int alive = 0;
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
        const auto s = schedule_of(seed);
        if (!does(s, action::promote) || does(s, action::kill_primary) ||
            does(s, action::stop_primary))
            continue;
        ++alive;
        BOOST_TEST((s.reach == way::hosts || does(s, action::break_links)));
    }
    BOOST_TEST(alive > 50);
}

BOOST_AUTO_TEST_CASE(names_are_found) {
    std::set<std::string> names;
    for (const auto& s : named_schedules())
        names.insert(s.name);
    BOOST_TEST(names.size() == named_schedules().size());
    BOOST_TEST(schedule_named("failover_unfenced").has_value());
    BOOST_TEST(!schedule_named("none of them").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

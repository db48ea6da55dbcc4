#include <latchkey/auth/token/signing_plan.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

using namespace latchkey;
using namespace std::chrono_literals;
using auth::signing_key_state;
using auth::signing_step;
using core::real_time;
using core::seconds;
using crypto::jws_algorithm;

namespace {

constexpr auto day = std::chrono::hours(24);
constexpr auto the_first = real_time(20000 * day);
constexpr auto infinity = real_time::max();

// The table of signing keys, and a caller that follows the plan.
struct key_table {
    auth::signing_plan_settings settings{jws_algorithm::es256, 20min, 30 * day, 2h};
    std::vector<auth::signing_key_times> rows;
    real_time now = the_first;
    int made = 0;

    auth::signing_decision plan() const { return plan_signing_keys(rows, settings, now); }

    auth::signing_key_times* in(signing_key_state s) {
        const auto found = std::ranges::find(rows, s, &auth::signing_key_times::state);
        return found == rows.end() ? nullptr : &*found;
    }
    long count(signing_key_state s) const {
        return std::ranges::count(rows, s, &auth::signing_key_times::state);
    }
    auth::signing_key_times& row(const std::string& id) {
        return *std::ranges::find(rows, id, &auth::signing_key_times::key_id);
    }

    auth::signing_key_times& add(signing_key_state s) {
        auto& r = rows.emplace_back();
        r.key_id = 'k' + std::to_string(++made);
        r.algorithm = settings.algorithm;
        r.state = s;
        r.published_at = now;
        return r;
    }
    void obey(const auth::signing_decision& d) {
        if (d.what == signing_step::make_first) add(signing_key_state::current).activated_at = now;
        if (d.what == signing_step::make_next)
            add(signing_key_state::next).activates_at = d.activates_at;
        if (d.what == signing_step::promote) promote(row(d.key_id));
        if (d.what == signing_step::retire) row(d.key_id).state = signing_key_state::retired;
    }
    void promote(auth::signing_key_times& next) {
        if (auto* current = in(signing_key_state::current)) {
            current->state = signing_key_state::retiring;
            current->retired_at = now;
        }
        next.state = signing_key_state::current;
        next.activated_at = now;
    }
    signing_step step() {
        const auto decided = plan();
        obey(decided);
        return decided.what;
    }
};

// A table whose first key has been signing since `the_first`.
key_table with_current() {
    key_table t;
    t.step();
    return t;
}

// A table whose next key is due on the thirtieth day, one minute before that.
key_table with_next() {
    auto t = with_current();
    t.now += 30 * day - 20min;
    t.step();
    t.now += 19min;
    return t;
}

} // namespace

namespace latchkey::auth {

static std::ostream& boost_test_print_type(std::ostream& out, signing_step s) {
    constexpr const char* names[] = {"nothing", "make_first", "make_next", "promote", "retire"};
    return out << names[static_cast<std::size_t>(s)];
}

} // namespace latchkey::auth

BOOST_AUTO_TEST_SUITE(signing_plan)

BOOST_AUTO_TEST_CASE(the_first_key_signs_at_once) {
    key_table t;
    BOOST_TEST(t.plan().what == signing_step::make_first);
    BOOST_TEST((t.plan().activates_at == t.now));
    // Keys that have stopped signing do not help.
    t.add(signing_key_state::retiring).retired_at = t.now;
    t.add(signing_key_state::retired);
    BOOST_TEST(t.step() == signing_step::make_first);
    BOOST_TEST(t.step() == signing_step::nothing);
}

BOOST_AUTO_TEST_CASE(a_next_key_without_a_current_one_is_promoted_at_once) {
    key_table t;
    t.add(signing_key_state::next).activates_at = t.now + 30 * day;
    BOOST_TEST(t.plan().what == signing_step::promote);
    BOOST_TEST(t.plan().key_id == "k1");
    t.step();
    BOOST_TEST(t.count(signing_key_state::current) == 1);
    BOOST_TEST(t.step() == signing_step::nothing);
}

BOOST_AUTO_TEST_CASE(a_key_lives_from_next_to_retired) {
    auto t = with_current();
    BOOST_TEST((t.plan().look_again_at == the_first + 30 * day - 20min));
    t.now += 30 * day - 20min - 1s;
    BOOST_TEST(t.step() == signing_step::nothing);
    t.now += 1s;
    BOOST_TEST(t.plan().what == signing_step::make_next);
    BOOST_TEST((t.plan().activates_at == the_first + 30 * day));
    t.step();
    BOOST_TEST((t.plan().look_again_at == the_first + 30 * day));
    t.now += 20min - 1s;
    BOOST_TEST(t.step() == signing_step::nothing);
    t.now += 1s;
    BOOST_TEST(t.plan().key_id == "k2");
    BOOST_TEST(t.step() == signing_step::promote);
    BOOST_TEST((t.row("k1").state == signing_key_state::retiring));
    BOOST_TEST((t.row("k2").state == signing_key_state::current));
    BOOST_TEST((t.plan().look_again_at == t.now + 2h));
    t.now += 2h - 1s;
    BOOST_TEST(t.step() == signing_step::nothing);
    t.now += 1s;
    BOOST_TEST(t.plan().key_id == "k1");
    BOOST_TEST(t.step() == signing_step::retire);
    BOOST_TEST(t.step() == signing_step::nothing);
}

BOOST_AUTO_TEST_CASE(a_next_key_waits_for_its_time_and_for_its_publication) {
    struct {
        const char* what;
        real_time published_at;
        std::optional<real_time> activates_at;
        real_time promoted_at;
    } const cases[] = {
        {"published long ago", the_first, the_first + 1h, the_first + 1h},
        {"published late", the_first + 50min, the_first + 1h, the_first + 70min},
        {"for at once", the_first, the_first, the_first + 20min},
        {"its time was lost", the_first + 1h, std::nullopt, the_first + 80min},
        {"its time had come before it was made", the_first, the_first - 9h, the_first + 20min},
        {"published in the future", the_first + 9h, the_first, the_first + 9h + 20min},
        {"kept for an operator", the_first, infinity, infinity},
        {"not published", infinity, the_first, infinity},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.what) {
            auto t = with_current();
            auto& next = t.add(signing_key_state::next);
            next.published_at = c.published_at;
            next.activates_at = c.activates_at;
            t.now += 1min;
            BOOST_TEST((t.plan().look_again_at == c.promoted_at));
            t.now = c.promoted_at - 1us;
            BOOST_TEST(t.plan().what == signing_step::nothing);
            t.now = c.promoted_at;
            BOOST_TEST(t.plan().what == signing_step::promote);
        }
}

// The node was away on the day: the successor is late, and still published for the full time.
BOOST_AUTO_TEST_CASE(a_late_successor_is_announced_as_long) {
    auto t = with_current();
    t.now += 90 * day;
    BOOST_TEST(t.plan().what == signing_step::make_next);
    BOOST_TEST((t.plan().activates_at == t.now + 20min));
}

BOOST_AUTO_TEST_CASE(another_algorithm_brings_a_successor_now) {
    auto t = with_current();
    t.now += 1h;
    t.settings.algorithm = jws_algorithm::eddsa;
    BOOST_TEST(t.plan().what == signing_step::make_next);
    BOOST_TEST((t.plan().activates_at == t.now + 20min));
    t.step();
    BOOST_TEST(t.step() == signing_step::nothing);
    t.now += 20min;
    BOOST_TEST(t.step() == signing_step::promote);
    BOOST_TEST(t.step() == signing_step::nothing);
}

BOOST_AUTO_TEST_CASE(a_next_key_of_another_algorithm_has_its_turn_first) {
    auto t = with_next();
    t.settings.algorithm = jws_algorithm::eddsa;
    BOOST_TEST(t.step() == signing_step::nothing);
    t.now += 1min;
    BOOST_TEST(t.step() == signing_step::promote);
    BOOST_TEST(t.step() == signing_step::make_next);
    BOOST_TEST((t.row("k3").algorithm == jws_algorithm::eddsa));
}

BOOST_AUTO_TEST_CASE(the_most_urgent_step_comes_first) {
    auto t = with_next();
    t.add(signing_key_state::retiring).retired_at = t.now - 9h;
    t.now += 60 * day;
    BOOST_TEST(t.step() == signing_step::promote);
    BOOST_TEST(t.step() == signing_step::retire);
    BOOST_TEST(t.step() == signing_step::nothing);
    t.now += 60 * day;
    BOOST_TEST(t.step() == signing_step::retire);
    BOOST_TEST(t.step() == signing_step::make_next);
    BOOST_TEST(t.step() == signing_step::nothing);
}

BOOST_AUTO_TEST_CASE(a_retiring_key_whose_time_is_unknown_is_kept) {
    auto t = with_current();
    t.add(signing_key_state::retiring);
    t.add(signing_key_state::retiring).retired_at = infinity;
    t.now += 29 * day;
    BOOST_TEST(t.plan().what == signing_step::nothing);
    BOOST_TEST((t.plan().look_again_at == the_first + 30 * day - 20min));
}

BOOST_AUTO_TEST_CASE(times_at_the_ends_of_time_do_not_wrap) {
    auto t = with_current();
    t.row("k1").activated_at = infinity;
    BOOST_TEST(t.plan().what == signing_step::nothing);
    BOOST_TEST((t.plan().look_again_at == infinity));
    t.row("k1").activated_at = real_time::min();
    BOOST_TEST((t.plan().activates_at == t.now + 20min));
    t.row("k1").activated_at.reset();
    t.settings.rotation_interval = seconds::max();
    BOOST_TEST(t.plan().what == signing_step::nothing);
    t.add(signing_key_state::retiring).retired_at = real_time::min();
    BOOST_TEST(t.plan().what == signing_step::retire);
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_set_back_delays) {
    auto t = with_next();
    t.now -= 10 * day;
    BOOST_TEST(t.step() == signing_step::nothing);
    t.now = the_first + 30 * day;
    BOOST_TEST(t.step() == signing_step::promote);
    t.now -= 5 * day; // the key's activation is in the future
    BOOST_TEST(t.step() == signing_step::nothing);
    t.settings.algorithm = jws_algorithm::eddsa;
    BOOST_TEST(t.step() == signing_step::make_next);
    BOOST_TEST((*t.in(signing_key_state::next)->activates_at == t.now + 20min));
}

// It rotates at every publication, and no faster.
BOOST_AUTO_TEST_CASE(a_short_interval_counts_as_twice_the_publication) {
    for (const seconds interval : {0s, 60s, seconds(20min), seconds(39min), seconds(40min)}) {
        auto t = with_current();
        t.settings.rotation_interval = interval;
        BOOST_TEST((t.plan().look_again_at == the_first + 20min));
        t.now += 20min;
        BOOST_TEST(t.step() == signing_step::make_next);
        BOOST_TEST((t.plan().look_again_at == the_first + 40min));
        t.now += 20min;
        BOOST_TEST(t.step() == signing_step::promote);
        BOOST_TEST((t.plan().look_again_at == the_first + 60min));
    }
}

BOOST_AUTO_TEST_CASE(settings_of_nothing_do_not_spin) {
    key_table t;
    t.settings = {jws_algorithm::es256, 0s, 0s, 0s};
    int steps = 0;
    while (t.step() != signing_step::nothing)
        BOOST_REQUIRE(++steps < 10);
    BOOST_TEST((t.plan().look_again_at == t.now + 1s));
}

namespace {

// A year of tokens, each verified for as long as it lives. Errors are counted and not reported one
// by one.
struct year {
    static constexpr auto token_life = 2h; // retire_after contains no more than this

    key_table table;
    struct token {
        std::string key_id;
        real_time expires_at;
    };
    std::deque<token> alive{};
    int crowds = 0, hasty = 0, orphans = 0, promotions = 0;

    void sign() {
        if (const auto* key = table.in(signing_key_state::current))
            alive.push_back({key->key_id, table.now + token_life});
    }
    void verify() {
        while (!alive.empty() && alive.front().expires_at <= table.now)
            alive.pop_front();
        orphans += static_cast<int>(std::ranges::count_if(alive, [&](const token& t) {
            return table.row(t.key_id).state == signing_key_state::retired;
        }));
    }
    void settle() {
        for (auto d = table.plan(); d.what != signing_step::nothing; d = table.plan()) {
            table.obey(d);
            if (d.what == signing_step::promote) {
                ++promotions;
                const auto published = table.row(d.key_id).published_at;
                if (table.now - published < table.settings.publish_ahead) ++hasty;
            }
            if (table.count(signing_key_state::current) != 1 ||
                table.count(signing_key_state::next) > 1)
                ++crowds;
            verify();
        }
    }
    void pass(core::nanoseconds d) {
        sign();
        table.now += std::chrono::duration_cast<real_time::duration>(d);
        verify();
        sign();
        settle();
    }
};

struct {
    const char* what;
    seconds publish_ahead, rotation_interval;
    int promotions; // in 365 days, with one look per hour
} const years[] = {
    {"every 30 days", 20min, 30 * day, 12},
    {"every quarter, announced for a week", 7 * day, 91 * day, 4},
    {"every 20 hours", 6h, 20h, 438},
    {"every hour, announced for one", 1h, 1h, 4380},
};

} // namespace

BOOST_AUTO_TEST_CASE(a_year_looked_at_every_hour) {
    for (const auto& c : years)
        BOOST_TEST_CONTEXT(c.what) {
            year y;
            y.table.settings.publish_ahead = c.publish_ahead;
            y.table.settings.rotation_interval = c.rotation_interval;
            y.settle();
            for (int hour = 0; hour < 365 * 24; ++hour)
                y.pass(1h);
            BOOST_TEST(y.crowds == 0);
            BOOST_TEST(y.hasty == 0);
            BOOST_TEST(y.orphans == 0);
            BOOST_TEST(y.promotions == c.promotions);
        }
}

BOOST_AUTO_TEST_CASE(a_year_of_changing_minds_and_of_nodes_that_are_away) {
    year y;
    y.settle();
    for (int hour = 0; hour < 365 * 24; ++hour) {
        if (hour % 500 == 0)
            y.table.settings.algorithm =
                hour % 1000 == 0 ? jws_algorithm::eddsa : jws_algorithm::es256;
        const bool away = hour % 1009 < 60;
        if (away && hour % 1009 > 0) continue;
        y.pass(away ? 60h : 1h);
    }
    BOOST_TEST(y.crowds == 0);
    BOOST_TEST(y.hasty == 0);
    BOOST_TEST(y.orphans == 0);
    BOOST_TEST(y.promotions >= 17);
}

// The caller may sleep until then: nothing is due before, and something is due then.
BOOST_AUTO_TEST_CASE(look_again_at_is_exact) {
    for (const auto& c : years)
        BOOST_TEST_CONTEXT(c.what) {
            year y;
            y.table.settings.publish_ahead = c.publish_ahead;
            y.table.settings.rotation_interval = c.rotation_interval;
            y.settle();
            int wrong = 0;
            for (int i = 0; i < 100; ++i) {
                const auto at = y.table.plan().look_again_at;
                y.table.now = at - 1us;
                if (y.table.plan().what != signing_step::nothing) ++wrong;
                y.table.now = at;
                if (y.table.plan().what == signing_step::nothing) ++wrong;
                y.settle();
            }
            BOOST_TEST(wrong == 0);
            BOOST_TEST(y.crowds == 0);
            BOOST_TEST(y.hasty == 0);
            BOOST_TEST(y.promotions > 30);
        }
}

BOOST_AUTO_TEST_SUITE_END()

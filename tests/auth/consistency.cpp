#include <latchkey/auth/cache/consistency.hpp>

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <vector>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

constexpr core::moment at(core::nanoseconds boot, core::nanoseconds real) {
    return {core::boot_time(boot),
            core::real_time(std::chrono::duration_cast<core::real_time::duration>(real))};
}

} // namespace

BOOST_AUTO_TEST_SUITE(consistency)

BOOST_AUTO_TEST_CASE(a_fact_is_believed_within_the_bound_of_feed_or_asking) {
    struct {
        const char* what;
        core::moment feed, asked, now;
        bool believed;
    } const cases[] = {
        {"the feed never came, just asked", at(0s, 0s), at(100s, 1000s), at(100s, 1000s), true},
        {"the feed never came, at the bound", at(0s, 0s), at(100s, 1000s), at(160s, 1060s), true},
        {"the feed never came, past it", at(0s, 0s), at(100s, 1000s), at(160s + 1ns, 1060s), false},
        {"an old fact, a fresh feed", at(500s, 1400s), at(100s, 1000s), at(560s, 1460s), true},
        {"an old fact, an old feed", at(500s, 1400s), at(100s, 1000s), at(561s, 1461s), false},
        {"the real clock jumped ahead", at(500s, 1400s), at(100s, 1000s), at(501s, 1461s), false},
        {"the real clock was set back", at(500s, 1400s), at(100s, 1000s), at(501s, 400s), true},
        {"set back, and past the bound", at(500s, 1400s), at(100s, 1000s), at(561s, 400s), false},
    };
    const auto c = std::make_unique<auth::consistency>(60s);
    for (const auto& t : cases)
        BOOST_TEST_CONTEXT(t.what)
    BOOST_TEST(c->fresh_enough(t.feed, {t.asked, 0, 0}, t.now) == t.believed);
}

// The largest age by any clock decides. The guest was paused for ten minutes, which its boot clock
// does not show; its real clock was set back before, and the pause only brings it to where it was.
BOOST_AUTO_TEST_CASE(a_pause_after_the_clock_was_set_back_is_seen) {
    const auto set_back = [](core::nanoseconds boot, core::nanoseconds real, core::nanoseconds by) {
        auto m = at(boot, real);
        m.set_back = by;
        return m;
    };
    const auto c = std::make_unique<auth::consistency>(60s);
    const auto before = at(100s, 10'000s);
    c->publish(before);
    const auth::fact_origin fact{before, 0, 0};
    const auto soon = set_back(101s, 6401s, 3600s);
    BOOST_TEST(c->fresh_enough(c->freshness(), fact, soon));
    BOOST_TEST(c->feed_is_fresh(soon));
    const auto after_pause = set_back(102s, 7002s, 3600s);
    BOOST_TEST(!c->fresh_enough(c->freshness(), fact, after_pause));
    BOOST_TEST(!c->feed_is_fresh(after_pause));
    // Freshness from then on is of that time, and has its date.
    c->publish(after_pause);
    BOOST_TEST((c->freshness().real == after_pause.real));
    BOOST_TEST(c->feed_is_fresh(set_back(161s, 7061s, 3600s)));
    BOOST_TEST(!c->feed_is_fresh(set_back(161s, 7063s, 3600s)));
    BOOST_TEST(c->fresh_enough(at(0s, 0s), {after_pause, 0, 0}, set_back(161s, 7061s, 3600s)));
}

BOOST_AUTO_TEST_CASE(freshness_never_goes_back_but_may_be_lost) {
    const auto c = std::make_unique<auth::consistency>(60s);
    BOOST_TEST(!c->feed_is_fresh(at(100s, 1000s)));
    c->publish(at(100s, 1000s));
    BOOST_TEST(c->feed_is_fresh(at(160s, 1060s)));
    c->publish(at(90s, 990s));
    BOOST_TEST((c->freshness().boot == core::boot_time(100s)));
    c->lose();
    BOOST_TEST(!c->feed_is_fresh(at(100s, 1000s)));
    c->publish(at(101s, 1001s));
    BOOST_TEST(c->feed_is_fresh(at(101s, 1001s)));
}

BOOST_AUTO_TEST_CASE(a_change_of_an_organization_concerns_what_was_asked_before) {
    const auto c = std::make_unique<auth::consistency>(60s);
    const auto fact = [&](const char* organization) {
        return auth::fact_origin{
            {}, c->sequence(), auth::consistency::organization_of(organization)};
    };
    const auto before = fact("one");
    const auto other = fact("two");
    BOOST_TEST(c->unchanged(before));
    c->organization_changed("one");
    BOOST_TEST(!c->unchanged(before));
    BOOST_TEST(c->unchanged(other));
    BOOST_TEST(c->unchanged(fact("one")));
    BOOST_TEST(c->broad_change() == c->sequence());
    c->everything_changed();
    BOOST_TEST(!c->unchanged(other));
    BOOST_TEST(c->unchanged(fact("two")));
}

// What was asked for after the last proof may have come from a database that a backup has replaced.
BOOST_AUTO_TEST_CASE(what_was_asked_without_proof_is_doubted_and_nothing_else) {
    const auto c = std::make_unique<auth::consistency>(60s);
    const auto fact = [&] { return auth::fact_origin{{}, c->sequence(), 0}; };
    const auto proven = fact();
    const auto first = c->begin_poll();
    const auto after_poll = fact();
    c->organization_changed("another");
    const auto later = fact();
    BOOST_TEST(c->unchanged(proven));
    BOOST_TEST(c->unchanged(after_poll));
    c->doubt_since(first);
    BOOST_TEST(c->unchanged(proven));
    BOOST_TEST(!c->unchanged(after_poll));
    BOOST_TEST(!c->unchanged(later));
    BOOST_TEST(c->unchanged(fact()));
    BOOST_TEST(c->broad_change() == c->sequence()); // nobody joins the flights of before
}

BOOST_AUTO_TEST_CASE(a_database_may_be_lost_often) {
    const auto c = std::make_unique<auth::consistency>(60s);
    std::vector<auth::fact_origin> proven, doubted;
    for (std::size_t i = 0; i < 3 * auth::doubted_facts::spans_max; ++i) {
        const auto first = c->begin_poll();
        doubted.push_back({{}, c->sequence(), 0});
        c->doubt_since(first);
        proven.push_back({{}, c->sequence(), 0});
    }
    for (const auto& f : doubted)
        BOOST_TEST(!c->unchanged(f));
    // Of what lies long back, more is doubted than must be.
    const auto exact = proven.end() - auth::doubted_facts::spans_max;
    BOOST_TEST(std::all_of(exact, proven.end(), [&](const auto& f) { return c->unchanged(f); }));
    BOOST_TEST(c->unchanged({{}, 0, 0}));
}

BOOST_AUTO_TEST_SUITE_END()

#include <latchkey/auth/issuer/jwks_refresh.hpp>

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace latchkey;
using namespace std::chrono_literals;
using action = auth::jwks_refresh::wish::action;
using answer = auth::jwks_refresh::answer;

namespace {

// One issuer and one node; the test moves the time.
struct issuer_story {
    explicit issuer_story(auth::jwks_refresh_settings s = {}) : keys(s) {}

    void pass(core::nanoseconds d) {
        now.boot += d;
        now.real += std::chrono::duration_cast<core::real_time::duration>(d);
    }
    void begin() {
        keys.began(now);
        begun.push_back(now.boot);
    }
    answer fetch(auth::jwks_facts facts = {}) {
        begin();
        pass(100ms);
        return keys.succeeded(now, facts);
    }
    void fail() {
        begin();
        keys.failed(now);
    }
    core::nanoseconds until_next() const { return *keys.next_at() - now.boot; }
    core::nanoseconds from_begin_to_next() const { return *keys.next_at() - begun.back(); }

    auth::jwks_refresh keys;
    core::moment now{core::boot_time(1h), core::real_time(1'000'000h)};
    std::vector<core::boot_time> begun;
};

std::optional<core::real_time> hours(int n) {
    return core::real_time(std::chrono::hours(n));
}

} // namespace

BOOST_AUTO_TEST_SUITE(jwks_refresh)

BOOST_AUTO_TEST_CASE(the_first_fetch_is_due_at_once_and_makes_what_is_known) {
    issuer_story s;
    BOOST_TEST(s.keys.due(s.now));
    BOOST_TEST((s.keys.wanted(s.now).what == action::begin));
    BOOST_TEST(!s.keys.as_of());
    BOOST_TEST(!s.keys.expires_at());
    const auto began = s.now.real;
    BOOST_TEST((s.fetch() == answer::taken));
    // Keys that the issuer published during the fetch may be missing.
    BOOST_TEST((s.keys.as_of()->real == began));
    BOOST_TEST(!s.keys.due(s.now));
}

BOOST_AUTO_TEST_CASE(one_fetch_at_a_time) {
    issuer_story s;
    s.begin();
    s.pass(1h);
    BOOST_TEST(!s.keys.due(s.now));
    BOOST_TEST(!s.keys.next_at());
    BOOST_TEST((s.keys.wanted(s.now).what == action::join));
    s.keys.succeeded(s.now, {});
    BOOST_TEST(s.keys.due(s.now));
}

BOOST_AUTO_TEST_CASE(a_set_is_fetched_anew_at_its_age) {
    struct {
        const char* what;
        double jitter;
        std::optional<core::seconds> max_age;
        core::nanoseconds after;
    } const cases[] = {
        {"an answer without max-age", 0, {}, 540s},
        {"another node", 0.5, {}, 570s},
        {"an answer that lives longer", 0, 24h, 540s},
        {"the longest max-age there is", 0, core::seconds(1L << 31), 540s},
        {"an answer that lives less", 0, 100s, 90s},
        {"another node, too", 0.5, 100s, 95s},
        {"an answer that lives less than the cooldown", 0.5, 5s, 30s},
        {"an answer that is not to be cached", 0.5, 0s, 30s},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.what) {
            issuer_story s({.jitter = c.jitter});
            s.fetch({.max_age = c.max_age});
            BOOST_TEST((s.from_begin_to_next() == c.after));
            s.pass(s.until_next() - 1ns);
            BOOST_TEST(!s.keys.due(s.now));
            s.pass(1ns);
            BOOST_TEST(s.keys.due(s.now));
        }
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_unknown_key_ids_in_an_hour) {
    issuer_story s;
    s.fetch();
    std::size_t waiting = 0;
    for (int i = 0; i < 100'000; ++i) {
        s.pass(36ms);
        const auto wish = s.keys.wanted(s.now);
        if (wish.what == action::begin || s.keys.due(s.now)) {
            // Every other one fails.
            if (s.begun.size() % 2 == 0)
                s.fail();
            else
                s.fetch();
        } else {
            ++waiting;
            BOOST_TEST((wish.what == action::wait));
            BOOST_TEST((wish.at == s.begun.back() + 30s));
        }
    }
    BOOST_TEST(waiting > 99'000u);
    BOOST_TEST(s.begun.size() > 100u);
    BOOST_TEST(s.begun.size() <= 121u);
    for (std::size_t i = 1; i < s.begun.size(); ++i)
        BOOST_TEST((s.begun[i] - s.begun[i - 1] >= 30s));
}

BOOST_AUTO_TEST_CASE(the_cooldown_counts_from_the_beginning_of_any_fetch) {
    issuer_story s;
    s.fetch();
    s.pass(10min);
    s.begin();
    s.pass(5s);
    s.keys.failed(s.now);
    const auto wish = s.keys.wanted(s.now);
    BOOST_TEST((wish.what == action::wait));
    BOOST_TEST((wish.at == s.now.boot + 25s));
    s.pass(25s);
    BOOST_TEST((s.keys.wanted(s.now).what == action::begin));
}

BOOST_AUTO_TEST_CASE(an_issuer_that_is_down_for_an_hour) {
    issuer_story s;
    s.fetch();
    const auto good = s.keys.as_of();
    s.pass(9min);
    const auto down_until = s.now.boot + 1h;
    while (s.now.boot < down_until) {
        BOOST_TEST(s.keys.due(s.now));
        s.fail();
        BOOST_TEST((s.from_begin_to_next() == 30s));
        BOOST_TEST(!s.keys.expired(s.now));
        s.pass(s.until_next());
    }
    // The earlier set is still in use, and so is its time.
    BOOST_TEST((s.keys.as_of()->real == good->real));
    BOOST_TEST(s.begun.size() == 121u);
    s.fetch();
    BOOST_TEST((s.keys.as_of()->real > good->real));
    BOOST_TEST((s.from_begin_to_next() == 540s));
}

BOOST_AUTO_TEST_CASE(without_a_set_the_pauses_double_up_to_the_cooldown) {
    issuer_story s;
    for (const auto expected : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
        BOOST_TEST(s.keys.due(s.now));
        s.fail();
        BOOST_TEST((s.until_next() == expected));
        // Tokens do not make the next fetch earlier.
        BOOST_TEST((s.keys.wanted(s.now).what == action::wait));
        BOOST_TEST((s.keys.wanted(s.now).at == s.keys.next_at()));
        s.pass(expected);
    }
    for (int i = 0; i < 100; ++i)
        s.fail();
    BOOST_TEST((s.until_next() == 30s));
    s.pass(30s);
    BOOST_TEST((s.fetch() == answer::taken));
}

BOOST_AUTO_TEST_CASE(a_cooldown_below_the_first_pause_bounds_it) {
    issuer_story s({.cooldown = 200ms});
    s.fail();
    BOOST_TEST((s.until_next() == 200ms));
}

BOOST_AUTO_TEST_CASE(a_failure_that_took_longer_than_the_cooldown_is_tried_again_at_once) {
    issuer_story s;
    s.fetch();
    s.pass(10min);
    s.begin();
    s.pass(40s);
    s.keys.failed(s.now);
    BOOST_TEST((s.until_next() == 0s));
}

BOOST_AUTO_TEST_CASE(an_older_answer_never_replaces_a_newer) {
    struct {
        const char* what;
        auth::jwks_facts in_use, came;
        answer is;
    } const cases[] = {
        {"nothing is said", {}, {}, answer::taken},
        {"modified before",
         {.last_modified = hours(9)},
         {.last_modified = hours(8)},
         answer::older},
        {"the same", {.last_modified = hours(9)}, {.last_modified = hours(9)}, answer::taken},
        {"modified since",
         {.last_modified = hours(9)},
         {.last_modified = hours(10)},
         answer::taken},
        {"answered before", {.date = hours(9)}, {.date = hours(8)}, answer::older},
        {"answered since", {.date = hours(9)}, {.date = hours(10)}, answer::taken},
        {"modified before, answered since",
         {.last_modified = hours(5), .date = hours(9)},
         {.last_modified = hours(4), .date = hours(10)},
         answer::older},
        {"a modification is not compared with an answer",
         {.date = hours(9)},
         {.last_modified = hours(5), .date = hours(10)},
         answer::taken},
        {"one of them says nothing",
         {.last_modified = hours(9)},
         {.date = hours(1)},
         answer::taken},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.what) {
            issuer_story s;
            s.fetch(c.in_use);
            const auto known = s.keys.as_of();
            s.pass(9min);
            BOOST_TEST((s.fetch(c.came) == c.is));
            BOOST_TEST((s.keys.as_of()->real == known->real) == (c.is == answer::older));
            BOOST_TEST((s.from_begin_to_next() == (c.is == answer::older ? 30s : 540s)));
        }
}

BOOST_AUTO_TEST_CASE(a_date_in_the_future_does_not_shut_out_what_follows) {
    issuer_story s;
    s.fetch({.last_modified = s.now.real + 24h * 365});
    s.pass(9min);
    const auto modified = s.now.real;
    BOOST_TEST((s.fetch({.last_modified = modified}) == answer::taken));
    BOOST_TEST((s.fetch({.last_modified = modified - 1s}) == answer::older));
}

BOOST_AUTO_TEST_CASE(past_its_cap_a_set_is_dropped) {
    issuer_story s;
    s.fetch({.last_modified = hours(9)});
    const auto began = s.begun.back();
    s.pass(10h);
    s.fetch({.last_modified = hours(8)}); // an older answer does not extend the set's life
    BOOST_TEST((s.keys.expires_at() == began + 24h));
    s.pass(*s.keys.expires_at() - s.now.boot);
    BOOST_TEST(!s.keys.expired(s.now));
    s.pass(1us);
    BOOST_TEST(s.keys.expired(s.now));
    BOOST_TEST(!s.keys.expired(s.now));
    BOOST_TEST(!s.keys.as_of());
    BOOST_TEST(!s.keys.expires_at());
    // From now on it is as if there never was a set: short pauses, and any answer is taken.
    s.fail();
    BOOST_TEST((s.until_next() == 1s));
    s.pass(1s);
    BOOST_TEST((s.fetch({.last_modified = hours(8)}) == answer::taken));
}

BOOST_AUTO_TEST_CASE(the_cap_holds_for_a_guest_that_was_paused) {
    issuer_story s;
    s.fetch();
    s.now.real += 25h;
    BOOST_TEST(s.keys.expired(s.now));
    // Setting the clock back makes nothing younger.
    s.fetch();
    s.now.real -= 1h;
    s.pass(24h);
    BOOST_TEST(s.keys.expired(s.now));
}

BOOST_AUTO_TEST_SUITE_END()

// The real clock is set forward or back.
#include "support_token_verifier.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(token_times, token_worker)

BOOST_AUTO_TEST_CASE(no_expired_token_is_accepted_through_the_cache_whatever_the_clock_says) {
    const auto token = rsa_token(good_header, claims_text()); // valid for ten minutes
    const auto start = core::moment::now();
    struct {
        const char* name;
        core::seconds passed;
        core::seconds set;
        std::optional<verdict> expected;
        bool hit;
    } const cases[] = {
        {"nothing happens", 1s, 0s, verdict::valid, true},
        {"set forward past the token's end", 1s, 1h, verdict::expired, false},
        {"set back: what is not issued yet is not good", 1s, -1h, verdict::not_yet_valid, false},
        {"set back by less than the leeway", 1s, -20s, verdict::valid, true},
        {"the end comes", 600s + 30s, 0s, verdict::expired, false},
        {"the end comes with the clock set back: it is checked again, not believed", 600s + 31s,
         -600s, verdict::valid, false},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.name) {
            verifier.verify(token, {}, {.read = false}, {start, start}, unlimited,
                            [](const auto&, auto, const auto&, const auto&) {});
            const core::moment now{start.boot + c.passed, start.real + c.passed + c.set};
            bool hit = false;
            const auto decided =
                verifier.verify(token, {}, {}, {now, now}, unlimited,
                                [&](const auto&, answer_source how, const auto&, const auto&) {
                                    hit = how == answer_source::hit;
                                });
            BOOST_TEST((decided.what == c.expected));
            BOOST_TEST(hit == c.hit);
        }
}

// The feed's age is the largest by any clock.
BOOST_AUTO_TEST_CASE(a_jump_of_the_clock_makes_news_old_and_never_young) {
    const auto token = rsa_token(good_header, claims_text());
    const auto start = core::moment::now();
    struct {
        core::seconds passed;
        core::seconds set;
        bool decided;
    } const cases[] = {
        {59s, 0s, true}, {61s, 0s, false}, {1s, 120s, false}, {61s, -20s, false}, {1s, -20s, true}};
    for (const auto& c : cases) {
        const core::moment now{start.boot + c.passed, start.real + c.passed + c.set};
        const auto decided = verifier.verify(token, {}, {}, {start, now}, unlimited,
                                             [](const auto&, auto, const auto&, const auto&) {});
        BOOST_TEST(decided.what.has_value() == c.decided);
    }
}

BOOST_AUTO_TEST_SUITE_END()

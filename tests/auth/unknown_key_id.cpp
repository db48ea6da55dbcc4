// Tokens whose signing key is not among their issuer's.
#include "auth/issuer/unknown_key_id.hpp"
#include "support_token_verifier.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <limits>
#include <string>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;
using kind = auth::unknown_key_id_answer::kind;

namespace {

constexpr core::real_time noon{1'800'000'000s};
constexpr core::boot_time up{1h};

core::moment at(core::seconds later) {
    return {up + later, noon + later};
}
std::string seconds(core::seconds from_noon) {
    return std::to_string((noon + from_noon).time_since_epoch() / 1s);
}

// An issuer whose keys are fetched, with a leeway of 30 s.
struct one_issuer {
    one_issuer() {
        by.rules = usual_rules();
        by.fetching = fetching;
        by.keys_as_of.reset();
    }
    auth::unknown_key_id_answer ask(std::optional<core::seconds> issued, core::seconds now = 0s,
                                    std::optional<core::seconds> first = {}) const {
        auth::clock_reading arrived{freshness, at(now)};
        if (first) arrived.first = at(*first);
        return auth::answer_unknown_key_id(
            by, issued ? std::optional(noon + *issued) : std::nullopt, arrived);
    }
    auth::issuer by;
    std::shared_ptr<auth::jwks_fetching> fetching = std::make_shared<auth::jwks_fetching>();
    core::moment freshness;
};

} // namespace

BOOST_AUTO_TEST_SUITE(unknown_key_id)

BOOST_AUTO_TEST_CASE(what_is_told_of_fetches_comes_back_as_it_was) {
    auth::jwks_fetching fetching;
    BOOST_TEST(!fetching.read().under_way);
    BOOST_TEST(!fetching.read().answered);
    BOOST_TEST((fetching.read().not_before == core::boot_time()));
    fetching.ended(true, up);
    fetching.began(up + 7ns);
    BOOST_TEST(fetching.read().under_way);
    BOOST_TEST(fetching.read().answered); // the earlier fetch
    BOOST_TEST((fetching.read().not_before == up + 7ns));
    fetching.ended(false, core::boot_time::max());
    BOOST_TEST(!fetching.read().under_way);
    BOOST_TEST(!fetching.read().answered);
    BOOST_TEST((fetching.read().not_before > up + 24h * 365 * 70));
}

// The claims decide first, in this order, whatever is known of the keys.
BOOST_AUTO_TEST_CASE(what_the_claims_decide_alone) {
    const auto usual = usual_rules();
    auto without_dates = usual;
    without_dates.missing_issued_at = true;
    without_dates.missing_expiration = true;
    auto demanding = usual;
    demanding.required_claims = {"client_id"};
    const std::string iat = R"("iat":)" + seconds(-10s);
    const std::string exp = R"("exp":)" + seconds(600s);
    struct {
        const char* name;
        std::string claims;
        auth::issuer_rules rules;
        std::optional<verdict> expected;
    } const cases[] = {
        {"nothing but the issuer", "", usual, verdict::invalid_format},
        {"good ones", iat + "," + exp, usual, {}},
        {"no iat", exp, usual, verdict::invalid_format},
        {"no iat, where none is required", exp, without_dates, {}},
        {"no exp", iat, usual, verdict::invalid_format},
        {"no exp, where none is required", iat, without_dates, {}},
        {"another required claim is absent", iat + "," + exp, demanding, verdict::invalid_format},
        {"an iat that is no number", R"("iat":"1",)" + exp, usual, verdict::invalid_format},
        {"an iat past 2^53", R"("iat":9007199254740993,)" + exp, usual, verdict::invalid_format},
        {"an iat past all numbers", R"("iat":1e999,)" + exp, usual, verdict::invalid_format},
        {"an iat before 1970", R"("iat":-1,)" + exp, usual, verdict::invalid_format},
        {"an exp that is no number", iat + R"(,"exp":true)", usual, verdict::invalid_format},
        {"an exp past 2^53", iat + R"(,"exp":18446744073709551615)", usual,
         verdict::invalid_format},
        {"an nbf that is no number", iat + "," + exp + R"(,"nbf":[])", usual,
         verdict::invalid_format},
        {"a subject that is no text", iat + "," + exp + R"(,"sub":{})", usual,
         verdict::invalid_format},
        {"expired, and unreadable", R"("iat":"x","exp":)" + seconds(-600s), usual,
         verdict::invalid_format},
        {"expired", R"("iat":)" + seconds(-900s) + R"(,"exp":)" + seconds(-30s), usual,
         verdict::expired},
        {"expired within the leeway",
         R"("iat":)" + seconds(-900s) + R"(,"exp":)" + seconds(-29s),
         usual,
         {}},
        {"older than any token of the issuer", R"("iat":)" + seconds(-86'430s) + "," + exp, usual,
         verdict::expired},
        {"of 1970", R"("iat":0,)" + exp, usual, verdict::expired},
        {"expired before it was issued", R"("iat":)" + seconds(600s) + R"(,"exp":)" + seconds(-60s),
         usual, verdict::expired},
        {"of the future", R"("iat":)" + seconds(31s) + "," + exp, usual, verdict::not_yet_valid},
        {"of the future, within the leeway", R"("iat":)" + seconds(30s) + "," + exp, usual, {}},
        {"of the farthest future", R"("iat":9007199254740992,"exp":9007199254740992)", usual,
         verdict::not_yet_valid},
        {"good later", iat + "," + exp + R"(,"nbf":)" + seconds(60s), usual,
         verdict::not_yet_valid},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.name) {
            const auto text = R"({"iss":"https://issuer.example")" +
                              (c.claims.empty() ? "" : "," + c.claims) + "}";
            boost::system::error_code unreadable;
            const auto claims = boost::json::parse(text, unreadable);
            BOOST_REQUIRE(!unreadable);
            const auto got = auth::decided_by_claims(claims.as_object(), c.rules, noon);
            BOOST_TEST((got == c.expected));
        }
}

BOOST_AUTO_TEST_CASE(keys_that_were_fetched_after_it_was_issued_tell) {
    one_issuer i;
    i.by.keys_as_of = at(0s);
    i.fetching->ended(true, up);
    struct {
        const char* name;
        std::optional<core::seconds> issued;
        bool told;
    } const cases[] = {{"long before", -600s, true},
                       {"before, by the leeway and the second that iat leaves out", -31s, true},
                       {"before, but within the leeway", -30s, false},
                       {"after", 5s, false},
                       {"nobody knows when", {}, false}};
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.name) {
            const auto got = i.ask(c.issued, 10s);
            BOOST_TEST((got.what == (c.told ? kind::unknown : kind::ask)));
        }
    // The time of the fetch is converted by the clock as it is now.
    auto set_back = auth::clock_reading{{}, {up + 10s, noon - 3600s}};
    BOOST_TEST((auth::answer_unknown_key_id(i.by, noon - 600s, set_back).what == kind::ask));
}

// The key was published after the last fetch: it is unknown until another fetch may begin, which
// brings it.
BOOST_AUTO_TEST_CASE(one_fetch_for_each_cooldown) {
    one_issuer i;
    BOOST_TEST((i.ask(0s).what == kind::ask)); // never fetched
    i.fetching->began(up + 30s);
    BOOST_TEST((i.ask(0s).what == kind::ask)); // it waits for the fetch
    i.by.keys_as_of = at(0s);
    i.fetching->ended(true, up + 30s);
    for (const auto later : {1s, 15s, 29s})
        for (const auto& issued :
             {std::optional(0s), std::optional(later), std::optional<core::seconds>()})
            BOOST_TEST((i.ask(issued, later).what == kind::unknown));
    BOOST_TEST((i.ask(25s, 30s).what == kind::ask));
    i.fetching->began(up + 60s);
    BOOST_TEST((i.ask(25s, 31s).what == kind::ask));
    // It waited for that fetch, and does not ask for a third.
    i.by.keys_as_of = at(30s);
    i.fetching->ended(true, up + 60s);
    BOOST_TEST((i.ask(25s, 31s, 30s).what == kind::unknown));
    BOOST_TEST((i.ask(25s, 70s, 30s).what == kind::unknown));
}

BOOST_AUTO_TEST_CASE(without_an_answer_it_is_not_decided_until_the_next_try) {
    one_issuer i;
    i.by.keys_as_of = at(0s);
    i.fetching->ended(true, up + 30s);
    i.fetching->began(up + 70s);
    i.fetching->ended(false, up + 70s);
    const auto got = i.ask(45s, 50s);
    BOOST_TEST((got.what == kind::undecided));
    BOOST_TEST((got.retry_after == 20s));
    BOOST_TEST((i.ask(45s, 50s, 40s).what == kind::undecided));
    // The verdict by the last set still holds.
    BOOST_TEST((i.ask(-60s, 50s).what == kind::unknown));
    BOOST_TEST((i.ask(45s, 70s).what == kind::ask));
    // A token that has waited once does not wait for the next fetch, even if that may end soon.
    i.fetching->began(up + 100s);
    const auto again = i.ask(45s, 71s, 70s);
    BOOST_TEST((again.what == kind::undecided));
    BOOST_TEST((again.retry_after == 0s));
}

BOOST_AUTO_TEST_CASE(keys_of_files_are_all_there_are) {
    one_issuer i;
    i.by.keys_as_of = auth::latest_keys;
    i.by.fetching = nullptr;
    BOOST_TEST((i.ask(0s).what == kind::unknown));
    BOOST_TEST((i.ask({}).what == kind::unknown));
    BOOST_TEST((i.ask(3600s).what == kind::unknown));
}

// Our own keys come by the feed, so they are as of its last poll.
BOOST_AUTO_TEST_CASE(our_own_keys_are_as_of_the_feed) {
    one_issuer i;
    i.by.rules.own = true;
    i.by.rules.leeway = 5s;
    i.by.keys_as_of = auth::latest_keys; // the feed has not reported these
    BOOST_TEST((i.ask(-3600s).what == kind::ask));
    i.freshness = at(-1s);
    BOOST_TEST((i.ask(-7s).what == kind::unknown));
    BOOST_TEST((i.ask(-6s).what == kind::ask));
    i.freshness = at(1s);
    BOOST_TEST((i.ask(0s, 2s, 1s).what == kind::unknown));
    BOOST_TEST((i.ask(0s, 2s, 2s).what == kind::undecided));
    i.fetching->ended(true, up + 12s);
    BOOST_TEST((i.ask(1s, 3s).what == kind::unknown));
}

// A token that is not good yet can be ended: its keys are fetched as those of any other.
BOOST_FIXTURE_TEST_CASE(a_date_ahead_does_not_keep_it_from_being_ended, token_worker) {
    auth::issuer by;
    by.rules = usual_rules();
    by.keys_as_of.reset();
    by.fetching = std::make_shared<auth::jwks_fetching>();
    state.issuers.publish(std::make_shared<auth::issuer_set>(std::vector<auth::issuer>{by}));
    const auto now = std::chrono::duration_cast<core::seconds>(
        std::chrono::system_clock::now().time_since_epoch());
    const auto token = rsa_token(R"({"alg":"RS256","typ":"at+jwt","kid":"new"})",
                                 claims_text(R"(,"nbf":)" + std::to_string(now.count() + 300)));
    BOOST_TEST((ask(token) == verdict::not_yet_valid));
    auth::token_request request;
    request.to_be_ended = true;
    BOOST_TEST(!decide(token, request).what.has_value());
    // What has ended needs no key.
    const auto ended = R"({"iss":")" + std::string(issuer_name) + R"(","aud":"api","iat":)" +
                       std::to_string(now.count() - 900) + R"(,"exp":)" +
                       std::to_string(now.count() - 600) + "}";
    const auto old = rsa_token(R"({"alg":"RS256","typ":"at+jwt","kid":"new"})", ended);
    BOOST_TEST((ask(old, request) == verdict::expired));
}

// The database has told that it holds no more: no news are waited for.
BOOST_FIXTURE_TEST_CASE(a_key_that_was_dropped_is_unknown_at_once, token_worker) {
    auth::issuer by;
    by.rules = usual_rules();
    by.keys_as_of.reset();
    by.fetching = std::make_shared<auth::jwks_fetching>();
    by.dropped_keys = {"gone"};
    state.issuers.publish(std::make_shared<auth::issuer_set>(std::vector<auth::issuer>{by}));
    const auto by_key = [](const std::string& id) {
        return rsa_token(R"({"alg":"RS256","typ":"at+jwt","kid":")" + id + "\"}", claims_text());
    };
    BOOST_TEST((ask(by_key("gone")) == verdict::unknown_key_id));
    BOOST_TEST(!decide(by_key("other")).what.has_value());
    // Unless that report is too old.
    state.known.lose();
    BOOST_TEST(!decide(by_key("gone")).what.has_value());
}

BOOST_AUTO_TEST_SUITE_END()

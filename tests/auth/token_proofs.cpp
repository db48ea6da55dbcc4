// Tokens that are not good, repeated: the signature is checked once, and the token is judged each
// time.
#include "support_token_verifier.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

std::string seconds_ago(core::seconds ago) {
    const auto now = std::chrono::system_clock::now() - ago;
    return std::to_string(
        std::chrono::duration_cast<core::seconds>(now.time_since_epoch()).count());
}
std::string dated(core::seconds issued_ago, core::seconds expired_ago,
                  const std::string& more = "") {
    return R"({"iss":"https://issuer.example","aud":"api","iat":)" + seconds_ago(issued_ago) +
           R"(,"exp":)" + seconds_ago(expired_ago) + more + "}";
}
std::string expired_token(const std::string& more = "") {
    return rsa_token(good_header, dated(600s, 60s, more));
}
std::string forged(std::string token) {
    auto& one = token[token.size() - 20];
    one = one == 'A' ? 'B' : 'A';
    return token;
}

struct replays : token_worker {
    std::uint64_t checks() const { return cells.good_checks.value() + cells.bad_checks.value(); }
    void trust(const auth::issuer_rules& rules) {
        state.issuers.publish(trusting(rules, {named(rsa_public_key(), "r1")}));
    }
    auth::token_decision decide_at(const std::string& token, core::seconds later,
                                   core::seconds set = 0s) {
        const auto now = core::moment::now();
        const core::moment then{now.boot + later, now.real + later + set};
        return verifier.verify(token, {}, {}, {then, then}, unlimited,
                               [](const auto&, auto, const auto&, const auto&) {});
    }
    std::int64_t kept_tokens() const { return state.tokens.shard(0).entries.value(); }
    std::int64_t kept_proofs() const { return state.proofs.shard(0).entries.value(); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(token_proofs, replays)

BOOST_AUTO_TEST_CASE(a_thousand_replays_cost_one_check) {
    struct {
        const char* name;
        std::string token;
        verdict expected;
    } const cases[] = {
        {"expired", expired_token(), verdict::expired},
        {"older than any of its issuer's may be", rsa_token(good_header, dated(90'000s, -600s)),
         verdict::expired},
        {"without an expiry",
         rsa_token(good_header,
                   R"({"iss":"https://issuer.example","aud":"api","iat":)" + seconds_ago(1s) + "}"),
         verdict::invalid_format},
        {"without a date of issue",
         rsa_token(good_header, R"({"iss":"https://issuer.example","exp":9999999999})"),
         verdict::invalid_format},
        {"with an expiry that cannot be read",
         rsa_token(good_header, R"({"iss":"https://issuer.example","iat":1,"exp":"soon"})"),
         verdict::invalid_format},
        {"not yet valid", rsa_token(good_header, claims_text(R"(,"nbf":)" + seconds_ago(-300s))),
         verdict::not_yet_valid},
        {"for others", rsa_token(good_header, claims_text(R"(,"aud":"web")")),
         verdict::invalid_format}, // the claim is there twice: no check is made
    };
    std::uint64_t before = 0;
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.name) {
            for (int i = 0; i < 1000; ++i)
                BOOST_REQUIRE((ask(c.token) == c.expected));
            BOOST_TEST(checks() <= before + 1);
            before = checks();
        }
    BOOST_TEST(checks() == 6u);
    BOOST_TEST(kept_proofs() == 5);
    BOOST_TEST(cells.repeats.value() == 5u * 999u);
}

// Parts that no signature protects cannot make a second token of one.
BOOST_AUTO_TEST_CASE(other_spellings_of_one_token_are_refused_before_any_check) {
    const auto token = expired_token();
    ask(token);
    const auto last = token.back();
    const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    // The signature has 256 bytes: the last character has two bits without a meaning.
    for (std::size_t bits = 1; bits < 4; ++bits) {
        auto other = token;
        other.back() = alphabet[alphabet.find(last) ^ bits];
        BOOST_TEST((ask(other) == verdict::invalid_format));
    }
    for (const auto* more : {"=", "==", " ", "\n", "."})
        BOOST_TEST((ask(token + more) == verdict::invalid_format));
    BOOST_TEST(checks() == 1u);
}

// A proof is no verdict: clocks, rules and revocations decide each time.
BOOST_AUTO_TEST_CASE(what_is_kept_is_judged_again) {
    const auto token = expired_token(R"(,"sub":"s")");
    BOOST_TEST((ask(token) == verdict::expired));
    // It would be good by the present clock, so it is checked again.
    BOOST_TEST((decide_at(token, 1s, -100s).what == verdict::valid));
    BOOST_TEST(checks() == 2u);
    BOOST_TEST((decide_at(token, 1s, -3600s).what == verdict::not_yet_valid));
    BOOST_TEST((decide_at(token, 1s).what == verdict::expired));
    auto rules = usual_rules();
    rules.leeway = 300s;
    trust(rules);
    BOOST_TEST((ask(token) == verdict::valid));
    BOOST_TEST((ask(token, {"web", {}}) == verdict::audience_mismatch));
    const std::string_view wide[] = {"r"};
    BOOST_TEST((ask(token, {{}, wide}) == verdict::insufficient_scopes));
    state.revocations.apply({{auth::revocation_kind::subject,
                              issuer_name,
                              "s",
                              {},
                              core::real_time::max(),
                              std::chrono::system_clock::now()},
                             false});
    BOOST_TEST((ask(token) == verdict::revoked));
    BOOST_TEST(checks() == 2u);
}

BOOST_AUTO_TEST_CASE(a_proof_goes_with_its_key_and_with_the_reading) {
    const auto incomplete =
        rsa_token(good_header,
                  R"({"iss":"https://issuer.example","aud":"api","iat":)" + seconds_ago(1s) + "}");
    const auto expired = expired_token();
    BOOST_TEST((ask(incomplete) == verdict::invalid_format));
    BOOST_TEST((ask(expired) == verdict::expired));
    // The same key under another name: the proof counts.
    state.issuers.publish(trusting(usual_rules(), {named(rsa_public_key(), "other")}));
    BOOST_TEST((ask(expired) == verdict::expired));
    BOOST_TEST(checks() == 2u);
    // The issuer has other keys.
    state.issuers.publish(trusting(usual_rules(), {named(ec_public_key(), "e1")}));
    BOOST_TEST((ask(incomplete) == verdict::invalid_format));
    BOOST_TEST((ask(rsa_token(good_header, claims_text())) == verdict::unknown_key_id));
    state.issuers.publish(std::make_shared<const auth::issuer_set>());
    BOOST_TEST((ask(expired) == verdict::issuer_mismatch));
    // Under these rules it is complete.
    auto rules = usual_rules();
    rules.missing_expiration = true;
    rules.reading = auth::reading_of(rules);
    trust(rules);
    BOOST_TEST((ask(incomplete) == verdict::valid));
    BOOST_TEST((found == answer_source::miss));
    BOOST_TEST(checks() == 3u);
}

// Until it is good, it is kept among the good tokens.
BOOST_AUTO_TEST_CASE(a_token_that_is_good_later_is_checked_once) {
    const auto token = rsa_token(good_header, claims_text(R"(,"nbf":)" + seconds_ago(-120s)));
    BOOST_TEST((decide_at(token, 0s).what == verdict::not_yet_valid));
    BOOST_TEST((decide_at(token, 80s).what == verdict::not_yet_valid));
    BOOST_TEST((decide_at(token, 100s).what == verdict::valid));
    BOOST_TEST(checks() == 1u);
}

BOOST_AUTO_TEST_CASE(a_proof_is_kept_briefly_and_only_where_the_caller_allows) {
    const auto token = expired_token();
    BOOST_TEST((ask(token, {}, {.keep = false}) == verdict::expired));
    BOOST_TEST(kept_proofs() == 0);
    BOOST_TEST((ask(token) == verdict::expired));
    BOOST_TEST((ask(token, {}, {.read = false}) == verdict::expired));
    BOOST_TEST(checks() == 3u);
    BOOST_TEST((decide_at(token, 58s).what == verdict::expired));
    BOOST_TEST(checks() == 3u);
    BOOST_TEST((decide_at(token, 61s).what == verdict::expired));
    BOOST_TEST(checks() == 4u);
}

// Even if an issuer has signed any number of tokens.
BOOST_AUTO_TEST_CASE(many_expired_tokens_evict_no_good_one) {
    const auto good = rsa_token(good_header, claims_text());
    BOOST_TEST((ask(good) == verdict::valid));
    const auto bytes = state.tokens.shard(0).bytes.value();
    for (int i = 0; i < 50; ++i)
        ask(expired_token(R"(,"jti":")" + std::to_string(i) + '"'));
    BOOST_TEST((ask(good) == verdict::valid));
    BOOST_TEST((found == answer_source::hit));
    BOOST_TEST(kept_tokens() == 1);
    BOOST_TEST(kept_proofs() == 50);
    BOOST_TEST(state.tokens.shard(0).bytes.value() == bytes);
}

BOOST_AUTO_TEST_CASE(their_memory_is_bounded) {
    auth::node_state small({.proof_max_bytes = 64 << 10}, 1, 7);
    auth::owner_core only(small.api_keys, small.devices, small.tokens.shard(0), 0, small.settings,
                          store, [] {}, {small.withheld, small.readers.at(0)});
    only.keep(small.proofs.shard(0));
    small.owner_cores.push_back(&only);
    small.known.publish(core::moment::now());
    small.issuers.publish(trusting(usual_rules(), {named(rsa_public_key(), "r1")}));
    auth::token_verifier by(small, 0, {.length_max = 4096}, cells);
    const auto filler = R"(,"x":")" + std::string(1000, 'x') + R"(","jti":")";
    for (int i = 0; i < 100; ++i)
        by.verify(expired_token(filler + std::to_string(i) + '"'), {}, {},
                  auth::clock_reading::read(small.known), unlimited,
                  [](const auto&, auto, const auto&, const auto&) {});
    only.tick();
    const auto& shard = small.proofs.shard(0);
    BOOST_TEST(shard.entries.value() > 10);
    BOOST_TEST(shard.entries.value() < 64);
    BOOST_TEST(shard.bytes.value() + shard.retired_bytes.value() <= 64 << 10);
}

// Good signatures use up no budget, however bad their tokens are. While made-up tokens have used up
// the budget, tokens with an earlier proof are still answered.
BOOST_AUTO_TEST_CASE(replays_spend_no_budget) {
    auth::token_verifier bounded(state, 0, {.length_max = 4096, .bad_checks_percent = 1}, cells);
    const auto decide_by = [&](const std::string& token, auth::cache_terms terms = {}) {
        return bounded
            .verify(token, {}, terms, auth::clock_reading::read(state.known), unlimited,
                    [](const auto&, auto, const auto&, const auto&) {})
            .what;
    };
    const auto expired = expired_token();
    for (int i = 0; i < 300; ++i)
        BOOST_REQUIRE((decide_by(expired, {.read = false}) == verdict::expired));
    BOOST_TEST((decide_by(rsa_token(good_header, claims_text())) == verdict::valid));
    BOOST_TEST(cells.over_budget.value() == 0u);
    const auto made_up = forged(rsa_token(good_header, claims_text(R"(,"sub":"x")")));
    for (int i = 0; i < 100'000 && decide_by(made_up); ++i) {
    }
    BOOST_TEST(cells.over_budget.value() > 0u);
    BOOST_TEST((decide_by(expired) == verdict::expired));
}

// Each token in a batch is checked once, good or bad, even if the cache may not be used.
BOOST_AUTO_TEST_CASE(duplicates_in_a_batch_are_checked_once) {
    const std::string tokens[] = {rsa_token(good_header, claims_text()), expired_token(),
                                  forged(expired_token()),
                                  rsa_token(good_header, R"({"iss":"https://issuer.example"})")};
    const verdict expected[] = {verdict::valid, verdict::expired, verdict::signature_invalid,
                                verdict::invalid_format};
    for (const auto& terms :
         {auth::cache_terms{}, auth::cache_terms{.read = false, .keep = false}}) {
        auth::check_memo memo;
        const auto before = checks();
        std::size_t valid = 0;
        for (int i = 0; i < 100; ++i)
            for (std::size_t t = 0; t < std::size(tokens); ++t) {
                const auto decided = verifier.verify(
                    tokens[t], {}, terms, auth::clock_reading::read(state.known), unlimited,
                    [&](const auto&, auto, const auto&, const auto&) { ++valid; }, &memo);
                BOOST_REQUIRE((decided.what == expected[t]));
            }
        BOOST_TEST(valid == 100u);
        BOOST_TEST(checks() - before <= 4u);
    }
    BOOST_TEST(checks() == 8u);
}

// The owner core of a token may be another worker, which is busy: proofs sent there are known here.
BOOST_AUTO_TEST_CASE(what_is_on_its_way_to_its_home_is_known) {
    auth::node_state two({}, 2, 7);
    std::vector<std::unique_ptr<auth::owner_core>> owner_cores;
    for (std::size_t i = 0; i < 2; ++i) {
        owner_cores.push_back(std::make_unique<auth::owner_core>(
            two.api_keys, two.devices, two.tokens.shard(i), i, two.settings, store, [] {},
            auth::withheld_credentials{two.withheld, two.readers.at(i)}));
        two.owner_cores.push_back(owner_cores.back().get());
    }
    two.known.publish(core::moment::now());
    two.issuers.publish(trusting(usual_rules(), {named(rsa_public_key(), "r1")}));
    auth::token_verifier first(two, 0, {.length_max = 4096}, cells);
    auth::token_verifier second(two, 1, {.length_max = 4096}, cells);
    const auto count_by = [&](auth::token_verifier& by, const std::string& token) {
        const auto before = checks();
        for (int i = 0; i < 100; ++i)
            by.verify(token, {}, {}, auth::clock_reading::read(two.known), unlimited,
                      [](const auto&, auto, const auto&, const auto&) {});
        return checks() - before;
    };
    std::vector<std::string> tokens;
    for (int i = 0; i < 4; ++i) {
        tokens.push_back(expired_token(R"(,"jti":")" + std::to_string(i) + '"'));
        tokens.push_back(
            rsa_token(good_header, claims_text(R"(,"jti":")" + std::to_string(i) + '"')));
    }
    for (const auto& token : tokens)
        BOOST_TEST(count_by(first, token) == 1u);
    for (auto& one : owner_cores)
        while (one->box().receive()) {
        }
    for (const auto& token : tokens)
        BOOST_TEST(count_by(second, token) == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

#include <latchkey/auth/verify_token.hpp>

#include "../crypto/support.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <limits>
#include <string>

using namespace latchkey;
using auth::answer_source;
using auth::verdict;
using crypto::jws_algorithm;
using namespace std::chrono_literals;

namespace {

constexpr const char* issuer_name = "https://issuer.example";

struct no_store final : auth::store {
    void find_api_key(auth::api_key_lookup&) override {}
    void find_device(auth::device_lookup&) override {}
};

auth::issuer_rules usual_rules() {
    auth::issuer_rules rules;
    rules.issuer = issuer_name;
    rules.algorithms = {jws_algorithm::rs256, jws_algorithm::es512, jws_algorithm::eddsa};
    rules.token_types = {"jwt", "at+jwt"};
    rules.audiences = {"api"};
    return rules;
}

std::shared_ptr<const auth::issuer_set> trusting(auth::issuer_rules rules,
                                                 const std::vector<boost::json::object>& keys) {
    std::vector<crypto::jwk> ring;
    for (const auto& key : keys)
        ring.push_back(test::parsed(key));
    auth::issuer one;
    one.rules = std::move(rules);
    one.keys = std::make_shared<auth::key_ring>(std::move(ring));
    return std::make_shared<auth::issuer_set>(std::vector<auth::issuer>{one});
}

boost::json::object named(boost::json::object key, const char* id) {
    key["kid"] = id;
    return key;
}

std::string claims_text(const std::string& more = "") {
    const auto now = std::chrono::duration_cast<core::seconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    return R"({"iss":")" + std::string(issuer_name) + R"(","aud":"api","iat":)" +
           std::to_string(now) + R"(,"exp":)" + std::to_string(now + 600) + more + "}";
}

std::string rsa_token(const std::string& header, const std::string& payload) {
    return test::signed_token(header, payload, test::parsed(test::rsa_private_key()),
                              jws_algorithm::rs256);
}

// One worker that trusts one issuer with the RSA key "r1".
struct one_worker {
    one_worker()
        : beliefs({}, 1, 7),
          home(beliefs.api_keys, beliefs.devices, beliefs.tokens.shard(0), 0, beliefs.settings,
               store, [] {}),
          verifier(beliefs, 0, {.length_max = 4096}, cells) {
        beliefs.homes.push_back(&home);
        beliefs.known.publish(core::moment::now());
        beliefs.issuers.publish(trusting(usual_rules(), {named(test::rsa_public_key(), "r1")}));
    }
    auth::token_decision decide(const std::string& token, const auth::token_request& request = {},
                                const auth::cache_terms& terms = {}) {
        found.reset();
        return verifier.verify(
            token, request, terms,
            [&](const auth::token_record& r, answer_source how, const auto&, const auto&) {
                found = how;
                answer = r.answer();
            });
    }
    verdict ask(const std::string& token, const auth::token_request& request = {},
                const auth::cache_terms& terms = {}) {
        return decide(token, request, terms).what.value();
    }

    no_store store;
    auth::beliefs beliefs;
    auth::home_core home;
    auth::verification_cells cells;
    auth::token_verifier verifier;
    std::optional<answer_source> found;
    std::string answer;
};

const std::string good_header = R"({"alg":"RS256","typ":"at+jwt","kid":"r1"})";

} // namespace

BOOST_FIXTURE_TEST_SUITE(token_verifier, one_worker)

BOOST_AUTO_TEST_CASE(a_token_is_verified_once_and_judged_each_time) {
    const auto token = rsa_token(good_header, claims_text(R"(,"sub":"s","scope":"r w")"));
    BOOST_TEST((ask(token) == verdict::valid));
    BOOST_TEST((found == answer_source::miss));
    BOOST_TEST(answer.find(R"("subject":"s")") != std::string::npos);
    BOOST_TEST((ask(token) == verdict::valid));
    BOOST_TEST((found == answer_source::hit));
    const std::string_view wide[] = {"r", "x"};
    BOOST_TEST((ask(token, {{}, wide}) == verdict::insufficient_scopes));
    BOOST_TEST((ask(token, {"web", {}}) == verdict::audience_mismatch));
    BOOST_TEST(!found.has_value());
    BOOST_TEST(cells.misses.value() == 1u);
    BOOST_TEST(cells.hits.value() == 3u);
}

BOOST_AUTO_TEST_CASE(the_caller_may_pass_by_the_cache) {
    const auto token = rsa_token(good_header, claims_text());
    ask(token, {}, {.read = false, .keep = false});
    ask(token);
    BOOST_TEST((found == answer_source::miss));
    ask(token, {}, {.read = false});
    BOOST_TEST((found == answer_source::miss));
    ask(token);
    BOOST_TEST((found == answer_source::hit));
}

// A code for each failure.
BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_token) {
    const auto seconds_ago = [](int ago) {
        return std::to_string(std::chrono::duration_cast<core::seconds>(
                                  std::chrono::system_clock::now().time_since_epoch())
                                  .count() -
                              ago);
    };
    const auto dated = [&](int expired_ago) {
        return R"({"iss":"https://issuer.example","aud":"api","iat":)" + seconds_ago(600) +
               R"(,"exp":)" + seconds_ago(expired_ago) + "}";
    };
    const auto good = rsa_token(good_header, claims_text());
    auto forged = good;
    forged[forged.size() - 20] = forged[forged.size() - 20] == 'A' ? 'B' : 'A';
    const auto hmac = test::signed_token(
        R"({"alg":"HS256","kid":"r1"})", claims_text(),
        test::parsed(test::oct_key(boost::json::serialize(test::rsa_public_key()))),
        jws_algorithm::hs256);
    const auto unsigned_token = crypto::encode_base64url(R"({"alg":"none"})") + '.' +
                                crypto::encode_base64url(claims_text()) + '.';
    struct {
        const char* name;
        std::string token;
        verdict expected;
    } const cases[] = {
        {"nothing", "", verdict::invalid_format},
        {"no token", "a.b.c", verdict::invalid_format},
        {"an encrypted token", "a.b.c.d.e", verdict::invalid_format},
        {"no claims", rsa_token(good_header, "text"), verdict::invalid_format},
        {"a claim twice", rsa_token(good_header, claims_text(R"(,"sub":"a","sub":"b")")),
         verdict::invalid_format},
        {"a claim of a wrong type", rsa_token(good_header, claims_text(R"(,"sub":7)")),
         verdict::invalid_format},
        {"too long",
         rsa_token(good_header, claims_text(R"(,"x":")" + std::string(4000, 'x') + '"')),
         verdict::invalid_format},
        {"too deep", rsa_token(good_header, claims_text(R"(,"x":[[[[[[[[1]]]]]]]])")),
         verdict::invalid_format},
        {"no expiry", rsa_token(good_header, R"({"iss":"https://issuer.example","aud":"api"})"),
         verdict::invalid_format},
        {"no date of issue, though it can be revoked",
         rsa_token(good_header, R"({"iss":"https://issuer.example","aud":"api","exp":9999999999})"),
         verdict::invalid_format},
        {"another type of token",
         rsa_token(R"({"alg":"RS256","kid":"r1","typ":"dpop+jwt"})", claims_text()),
         verdict::invalid_format},
        {"no issuer", rsa_token(good_header, R"({"aud":"api","exp":9999999999})"),
         verdict::issuer_mismatch},
        {"another issuer",
         rsa_token(good_header, R"({"iss":"https://issuer.example/","exp":9999999999})"),
         verdict::issuer_mismatch},
        {"another key id", rsa_token(R"({"alg":"RS256","kid":"r2"})", claims_text()),
         verdict::unknown_key_id},
        {"no signature", unsigned_token, verdict::invalid_format},
        {"none with a signature", unsigned_token + "AAAA", verdict::algorithm_not_allowed},
        {"the public key as a secret", hmac, verdict::algorithm_not_allowed},
        {"an algorithm not of the issuer",
         test::signed_token(R"({"alg":"RS384","kid":"r1"})", claims_text(),
                            test::parsed(test::rsa_private_key()), jws_algorithm::rs384),
         verdict::algorithm_not_allowed},
        {"another type of key's algorithm",
         test::signed_token(R"({"alg":"ES512","kid":"r1"})", claims_text(),
                            test::parsed(test::ec_private_key()), jws_algorithm::es512),
         verdict::algorithm_not_allowed},
        {"a forged signature", forged, verdict::signature_invalid},
        {"expired", rsa_token(good_header, dated(31)), verdict::expired},
        {"almost expired", rsa_token(good_header, dated(25)), verdict::valid},
        {"of the future", rsa_token(good_header, claims_text(R"(,"nbf":)" + seconds_ago(-40))),
         verdict::not_yet_valid},
        {"application/ before the type",
         rsa_token(R"({"alg":"RS256","kid":"r1","typ":"application/AT+JWT"})", claims_text()),
         verdict::valid},
        {"no type", rsa_token(R"({"alg":"RS256","kid":"r1"})", claims_text()), verdict::valid},
        {"no key id", rsa_token(R"({"alg":"RS256"})", claims_text()), verdict::valid},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.name) {
            for (int again = 0; again < 2; ++again) {
                const auto got = ask(c.token);
                BOOST_TEST(auth::code_of(got) == auth::code_of(c.expected));
            }
        }
}

BOOST_AUTO_TEST_CASE(required_claims_are_required) {
    auto rules = usual_rules();
    rules.required_claims = {"sub", "tenant"};
    beliefs.issuers.publish(trusting(rules, {test::rsa_public_key()}));
    BOOST_TEST((ask(rsa_token(R"({"alg":"RS256"})", claims_text(R"(,"sub":"s")"))) ==
                verdict::invalid_format));
    BOOST_TEST((ask(rsa_token(R"({"alg":"RS256"})", claims_text(R"(,"sub":"s","tenant":1)"))) ==
                verdict::valid));
}

// Read under other rules, a token may say something else.
BOOST_AUTO_TEST_CASE(rules_that_change_take_their_proofs_along) {
    const auto token = rsa_token(good_header, claims_text(R"(,"tenant":"o")"));
    ask(token);
    auto rules = usual_rules();
    rules.organization_claim = "tenant";
    rules.reading = auth::reading_of(rules);
    beliefs.issuers.publish(trusting(rules, {named(test::rsa_public_key(), "r1")}));
    BOOST_TEST((ask(token) == verdict::valid));
    BOOST_TEST((found == answer_source::miss));
    BOOST_TEST(answer.find(R"("organization_id":"o")") != std::string::npos);
    BOOST_TEST(auth::reading_of(rules) != auth::reading_of(usual_rules()));
}

// What was proved with a key that is trusted no more does not count, cached or not.
BOOST_AUTO_TEST_CASE(a_key_that_is_gone_takes_its_proofs_along) {
    const auto token = rsa_token(good_header, claims_text());
    ask(token);
    ask(token);
    BOOST_TEST((found == answer_source::hit));
    const auto r1 = named(test::rsa_public_key(), "r1");
    const auto e1 = named(test::ec_public_key(), "e1");

    beliefs.issuers.publish(trusting(usual_rules(), {e1}));
    BOOST_TEST((ask(token) == verdict::unknown_key_id));
    // Another key by the same name.
    beliefs.issuers.publish(trusting(usual_rules(), {named(test::ec_public_key(), "r1")}));
    BOOST_TEST((ask(token) == verdict::algorithm_not_allowed));
    // The key, but the issuer no longer signs so.
    auto rules = usual_rules();
    rules.algorithms = {jws_algorithm::es512};
    beliefs.issuers.publish(trusting(rules, {r1}));
    BOOST_TEST((ask(token) == verdict::algorithm_not_allowed));
    beliefs.issuers.publish(std::make_shared<const auth::issuer_set>());
    BOOST_TEST((ask(token) == verdict::issuer_mismatch));
    // It comes back, among others: what it had proved counts again.
    beliefs.issuers.publish(trusting(usual_rules(), {e1, r1}));
    BOOST_TEST((ask(token) == verdict::valid));
    BOOST_TEST((found == answer_source::hit));
}

BOOST_AUTO_TEST_CASE(a_token_without_a_key_id_needs_a_key_without_a_rival) {
    const auto token = rsa_token(R"({"alg":"RS256"})", claims_text());
    const auto r1 = named(test::rsa_public_key(), "r1");
    beliefs.issuers.publish(trusting(usual_rules(), {r1, named(test::ec_public_key(), "e1")}));
    BOOST_TEST((ask(token) == verdict::valid));
    beliefs.issuers.publish(trusting(usual_rules(), {named(test::rsa_public_key(), "r2"), r1}));
    BOOST_TEST((ask(rsa_token(R"({"alg":"RS256"})", claims_text(R"(,"sub":"s")"))) ==
                verdict::unknown_key_id));
}

BOOST_AUTO_TEST_CASE(a_shared_secret_signs_for_its_issuer_alone) {
    auto rules = usual_rules();
    rules.algorithms = {jws_algorithm::hs256};
    const auto secret = test::oct_key(std::string(32, 's'));
    beliefs.issuers.publish(trusting(rules, {secret}));
    const auto token = test::signed_token(R"({"alg":"HS256","kid":"any"})", claims_text(),
                                          test::parsed(secret), jws_algorithm::hs256);
    BOOST_TEST((ask(token) == verdict::valid));
    const auto other =
        test::signed_token(R"({"alg":"HS256"})", claims_text(),
                           test::parsed(test::oct_key(std::string(32, 't'))), jws_algorithm::hs256);
    BOOST_TEST((ask(other) == verdict::signature_invalid));
}

// --- Revocation ---

auth::revocation_change revoke(auth::revocation_kind kind, const std::string& value,
                               std::optional<core::real_time> issued_before = {}) {
    const bool of_issuer =
        kind == auth::revocation_kind::token || kind == auth::revocation_kind::subject;
    return {{kind, of_issuer ? issuer_name : "", value, issued_before, core::real_time::max(),
             std::chrono::system_clock::now()},
            false};
}

// Cached or not, each verification asks.
BOOST_AUTO_TEST_CASE(a_revoked_token_is_refused_at_once) {
    const auto claims = claims_text(R"(,"sub":"s","jti":"t","organization_id":"o")");
    auto rules = usual_rules();
    rules.organization_claim = "organization_id";
    beliefs.issuers.publish(trusting(rules, {named(test::rsa_public_key(), "r1")}));
    const auto token = rsa_token(good_header, claims);
    const auto now = std::chrono::system_clock::now();
    using kind = auth::revocation_kind;
    struct {
        const char* name;
        auth::revocation_change change;
        verdict expected;
    } const cases[] = {
        {"another token", revoke(kind::token, "u"), verdict::valid},
        {"its id as a subject", revoke(kind::subject, "t"), verdict::valid},
        {"its subject as a credential of ours", revoke(kind::credential, "s"), verdict::valid},
        {"issued after", revoke(kind::subject, "s", now - 60s), verdict::valid},
        {"the token", revoke(kind::token, "t"), verdict::revoked},
        {"its subject", revoke(kind::subject, "s"), verdict::revoked},
        {"issued before", revoke(kind::subject, "s", now), verdict::revoked},
        {"within the leeway", revoke(kind::subject, "s", now - 25s), verdict::revoked},
        {"its organization, issued before", revoke(kind::organization, "o", now), verdict::revoked},
        {"its organization is disabled", revoke(kind::disabled_organization, "o"),
         verdict::organization_disabled},
    };
    for (const auto& c : cases)
        for (const bool cached : {false, true})
            BOOST_TEST_CONTEXT(c.name << (cached ? ", cached" : "")) {
                if (cached) ask(token);
                beliefs.revocations.apply(c.change);
                BOOST_TEST(auth::code_of(ask(token, {}, {.read = cached})) ==
                           auth::code_of(c.expected));
                auto withdrawn = c.change;
                withdrawn.withdrawn = true;
                beliefs.revocations.apply(withdrawn);
                BOOST_TEST((ask(token) == verdict::valid));
            }
}

BOOST_AUTO_TEST_CASE(a_token_without_a_date_counts_as_issued_before) {
    auto rules = usual_rules();
    rules.missing_issued_at = true;
    beliefs.issuers.publish(trusting(rules, {named(test::rsa_public_key(), "r1")}));
    const auto token = rsa_token(
        good_header, R"({"iss":"https://issuer.example","aud":"api","sub":"s","exp":9999999999})");
    BOOST_TEST((ask(token) == verdict::valid));
    beliefs.revocations.apply(revoke(auth::revocation_kind::subject, "s", core::real_time(1s)));
    BOOST_TEST((ask(token) == verdict::revoked));
}

// What cannot be known is not decided; what is bad anyway is.
BOOST_AUTO_TEST_CASE(without_news_of_revocations_no_token_is_good) {
    const auto token = rsa_token(good_header, claims_text());
    BOOST_TEST((ask(token) == verdict::valid));
    beliefs.known.lose();
    for (const bool cached : {false, true}) {
        const auto decided = decide(token, {}, {.read = cached});
        BOOST_TEST(!decided.what.has_value());
        BOOST_TEST(decided.ask_for_keys_of.empty());
        BOOST_TEST(std::string(decided.reason) == "revocations of tokens cannot be known now");
    }
    const std::string_view wide[] = {"x"};
    BOOST_TEST((ask(token, {{}, wide}) == verdict::insufficient_scopes));
    BOOST_TEST((ask("a.b.c") == verdict::invalid_format));
    auto rules = usual_rules();
    rules.revocable = false;
    beliefs.issuers.publish(trusting(rules, {named(test::rsa_public_key(), "r1")}));
    BOOST_TEST((ask(token) == verdict::valid));
}

// Freshness was good when the request came, and was lost before the set was asked: it may have been
// asked while it was empty.
BOOST_AUTO_TEST_CASE(a_set_that_was_forgotten_meanwhile_does_not_count) {
    const auto token = rsa_token(good_header, claims_text());
    const auto arrived = core::moment::now();
    const auto losses = beliefs.known.losses();
    const auto ask_as_of_then = [&] {
        return verifier
            .verify(token, {}, {}, {arrived, arrived, losses},
                    [](const auto&, auto, const auto&, const auto&) {})
            .what;
    };
    BOOST_TEST((ask_as_of_then() == verdict::valid));
    beliefs.known.lose();
    beliefs.revocations.forget();
    BOOST_TEST(!ask_as_of_then().has_value());
    // Also when all is read anew by then.
    beliefs.known.publish(core::moment::now());
    BOOST_TEST(!ask_as_of_then().has_value());
    BOOST_TEST((ask(token) == verdict::valid));
}

// --- Requirement R17: the real clock is set forward or back ---

BOOST_AUTO_TEST_CASE(no_expired_token_is_accepted_through_the_cache_whatever_the_clock_says) {
    const auto token = rsa_token(good_header, claims_text()); // of ten minutes
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
            verifier.verify(token, {}, {.read = false}, {start, start},
                            [](const auto&, auto, const auto&, const auto&) {});
            const core::moment now{start.boot + c.passed, start.real + c.passed + c.set};
            bool hit = false;
            const auto decided =
                verifier.verify(token, {}, {}, {now, now},
                                [&](const auto&, answer_source how, const auto&, const auto&) {
                                    hit = how == answer_source::hit;
                                });
            BOOST_TEST((decided.what == c.expected));
            BOOST_TEST(hit == c.hit);
        }
}

// The feed's age is the larger of what the clocks say.
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
        const auto decided = verifier.verify(token, {}, {}, {start, now},
                                             [](const auto&, auto, const auto&, const auto&) {});
        BOOST_TEST(decided.what.has_value() == c.decided);
    }
}

// --- Keys that are fetched ---

// Only keys that were asked for after the token was issued tell that its key does not exist.
BOOST_AUTO_TEST_CASE(an_unknown_key_is_unknown_only_after_a_later_fetch) {
    const auto now = std::chrono::system_clock::now();
    const auto issued = [&](core::seconds ago) {
        const auto at = std::chrono::duration_cast<core::seconds>((now - ago).time_since_epoch());
        return rsa_token(R"({"alg":"RS256","kid":"r2"})",
                         R"({"iss":"https://issuer.example","aud":"api","exp":9999999999,"iat":)" +
                             std::to_string(at.count()) + "}");
    };
    const auto undated =
        rsa_token(R"({"alg":"RS256","kid":"r2"})",
                  R"({"iss":"https://issuer.example","aud":"api","exp":9999999999})");
    const auto fetching = std::make_shared<auth::key_fetching>();
    const auto known_as_of = [&](std::optional<core::real_time> as_of) {
        auto all = trusting(usual_rules(), {named(test::rsa_public_key(), "r1")})->all();
        all[0].keys_as_of =
            as_of ? std::optional(core::moment{core::moment::now().boot -
                                                   (std::chrono::system_clock::now() - *as_of),
                                               *as_of})
                  : std::nullopt;
        all[0].fetching = fetching;
        beliefs.issuers.publish(std::make_shared<const auth::issuer_set>(std::move(all)));
    };
    struct {
        const char* name;
        std::optional<core::real_time> as_of;
        std::string token;
        bool decided;
    } const cases[] = {
        {"never fetched", {}, issued(1h), false},
        {"fetched before", now - 10min, issued(5min), false},
        {"fetched after, but within the leeway", now - 10min, issued(10min + 20s), false},
        {"fetched after", now - 10min, issued(11min), true},
        {"of the future", now - 1s, issued(-1h), false},
        {"of the future, fetched since it arrived", now + 1h, issued(-2h), true},
        {"without a date", now - 1s, undated, false},
        {"without a date, fetched since it arrived", now + 1h, undated, true},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.name) {
            known_as_of(c.as_of);
            const auto decided = decide(c.token);
            BOOST_TEST((decided.what == verdict::unknown_key_id) == c.decided);
            BOOST_TEST(decided.ask_for_keys_of == (c.decided ? "" : issuer_name));
        }
    // Until another fetch may begin, asking is no use; while one is under way, it is.
    known_as_of({});
    fetching->not_before = std::numeric_limits<std::int64_t>::max();
    BOOST_TEST(decide(undated).ask_for_keys_of == "");
    fetching->under_way = true;
    BOOST_TEST(decide(undated).ask_for_keys_of == issuer_name);
}

BOOST_AUTO_TEST_SUITE_END()

// Revoked tokens, and tokens whose revocation cannot be known.
#include "support_token_verifier.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

auth::revocation_change revoke(auth::revocation_kind kind, const std::string& value,
                               std::optional<core::real_time> issued_before = {}) {
    const bool of_issuer =
        kind == auth::revocation_kind::token || kind == auth::revocation_kind::subject;
    return {{kind, of_issuer ? issuer_name : "", value, issued_before, core::real_time::max(),
             std::chrono::system_clock::now()},
            false};
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(token_revocations, token_worker)

// Every verification looks for revocations, cached or not.
BOOST_AUTO_TEST_CASE(a_revoked_token_is_refused_at_once) {
    const auto claims = claims_text(R"(,"sub":"s","jti":"t","organization_id":"o")");
    auto rules = usual_rules();
    rules.organization_claim = "organization_id";
    state.issuers.publish(trusting(rules, {named(test::rsa_public_key(), "r1")}));
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
                state.revocations.apply(c.change);
                BOOST_TEST(auth::code_of(ask(token, {}, {.read = cached})) ==
                           auth::code_of(c.expected));
                auto withdrawn = c.change;
                withdrawn.withdrawn = true;
                state.revocations.apply(withdrawn);
                BOOST_TEST((ask(token) == verdict::valid));
            }
}

// The token, the revocation and the configuration may use different spellings, cached or not.
BOOST_AUTO_TEST_CASE(an_organization_is_one_by_any_spelling) {
    const std::string id = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
    const std::vector<std::string> spellings = {id, "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
                                                "{a0eebc999c0b4ef8bb6d6bb9bd380a11}"};
    auto rules = usual_rules();
    rules.organization_claim = "https://b.example/org";
    auth::issuer_directory directory(state.issuers);
    directory.configure(trusting(rules, {named(test::rsa_public_key(), "r1")})->all());
    const auto token_of = [](const std::string& organization) {
        return rsa_token(good_header,
                         claims_text(R"(,"https://b.example/org":")" + organization + "\""));
    };
    const auto member = [&](const std::string& value) {
        return answer.find(R"("organization_id":")" + value + "\"") != std::string::npos;
    };
    // Until the database has been asked, ids are compared as text.
    for (const auto& spelling : spellings) {
        BOOST_TEST((ask(token_of(spelling)) == verdict::valid));
        BOOST_TEST(member(spelling));
    }
    state.revocations.set_organization_ids(auth::organization_form::uuid);
    directory.set_organization_ids(auth::organization_form::uuid);
    using kind = auth::revocation_kind;
    for (const auto& of_token : spellings)
        for (const auto& of_change : spellings)
            for (const auto what : {kind::organization, kind::disabled_organization})
                BOOST_TEST_CONTEXT(of_token << ' ' << of_change << ' ' << auth::name_of(what)) {
                    const auto token = token_of(of_token);
                    BOOST_TEST((ask(token) == verdict::valid));
                    BOOST_TEST(member(id));
                    auto change = revoke(what, of_change);
                    state.revocations.apply(change);
                    const auto expected = what == kind::organization
                                              ? verdict::revoked
                                              : verdict::organization_disabled;
                    BOOST_TEST((ask(token) == expected));
                    BOOST_TEST((ask(token, {}, {.read = false}) == expected));
                    change.withdrawn = true;
                    state.revocations.apply(change);
                }
    BOOST_TEST((ask(token_of("org_x7")) == verdict::valid));
    BOOST_TEST(member("org_x7"));
}

BOOST_AUTO_TEST_CASE(a_token_without_a_date_counts_as_issued_before) {
    auto rules = usual_rules();
    rules.missing_issued_at = true;
    state.issuers.publish(trusting(rules, {named(test::rsa_public_key(), "r1")}));
    const auto token = rsa_token(
        good_header, R"({"iss":"https://issuer.example","aud":"api","sub":"s","exp":9999999999})");
    BOOST_TEST((ask(token) == verdict::valid));
    state.revocations.apply(revoke(auth::revocation_kind::subject, "s", core::real_time(1s)));
    BOOST_TEST((ask(token) == verdict::revoked));
}

// A token whose standing is unknown is not decided; one that is bad in any case is.
BOOST_AUTO_TEST_CASE(without_news_of_revocations_no_token_is_good) {
    const auto token = rsa_token(good_header, claims_text());
    BOOST_TEST((ask(token) == verdict::valid));
    state.known.lose();
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
    state.issuers.publish(trusting(rules, {named(test::rsa_public_key(), "r1")}));
    BOOST_TEST((ask(token) == verdict::valid));
}

// Freshness was good when the request came, and was lost before the set was read: the set may have
// been empty then.
BOOST_AUTO_TEST_CASE(a_set_that_was_forgotten_meanwhile_does_not_count) {
    const auto token = rsa_token(good_header, claims_text());
    const auto arrived = core::moment::now();
    const auto losses = state.known.losses();
    const auto ask_as_of_then = [&] {
        return verifier
            .verify(token, {}, {}, {arrived, arrived, losses}, unlimited,
                    [](const auto&, auto, const auto&, const auto&) {})
            .what;
    };
    BOOST_TEST((ask_as_of_then() == verdict::valid));
    state.known.lose();
    state.revocations.forget();
    BOOST_TEST(!ask_as_of_then().has_value());
    // The same if all has been read anew by then.
    state.known.publish(core::moment::now());
    BOOST_TEST(!ask_as_of_then().has_value());
    BOOST_TEST((ask(token) == verdict::valid));
}

BOOST_AUTO_TEST_SUITE_END()

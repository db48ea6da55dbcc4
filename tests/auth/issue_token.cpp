#include <latchkey/auth/token/issue_token.hpp>
#include <latchkey/auth/token/verify_token.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>

#include "../support/one_worker.hpp"

using namespace latchkey;
using namespace std::chrono_literals;
using auth::verdict;
using crypto::jws_algorithm;

namespace {

constexpr auto unlimited = [](const auto&) { return false; };

const std::vector<std::string> granted = {"r", "w"};
constexpr auto key = auth::credential_kind::api_key;
constexpr auto device = auth::credential_kind::device;

// One worker that signs with one key.
struct signing_worker : test::one_worker {
    signing_worker() { sign_with(jws_algorithm::es256); }
    void sign_with(jws_algorithm algorithm) { one_worker::sign_with(algorithm, settings); }
    core::result<auth::issued_token> issue(const auth::token_order& order = {},
                                           std::optional<core::real_time> expires = {},
                                           auth::credential_kind kind = key,
                                           std::uint32_t generation = 0) {
        return issuer.issue({kind, "key_1", "org", granted, expires, generation}, order,
                            core::moment::now());
    }
    /// Signs a token from before tokens said what they were made from, or one that says so
    /// differently.
    std::string sign(const std::string& more) {
        const core::epochs::reader::pin pinned(state.readers.at(0));
        const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
        return state.issuers.read()
            .own()
            ->signer
            ->sign(R"({"iss":"latchkey","sub":"key_1","client_id":"key_1","aud":"latchkey",)"
                   R"("jti":"j","iat":)" +
                   std::to_string(now) + R"(,"exp":)" + std::to_string(now + 900) + more + '}')
            .value();
    }
    void tell(std::optional<auth::credential_kind> of, bool withdrawn = false) {
        auth::revocation_change told;
        told.what.kind = auth::revocation_kind::credential;
        told.what.value = "key_1";
        told.what.created_at = std::chrono::system_clock::now();
        told.what.of = of;
        told.withdrawn = withdrawn;
        state.revocations.apply(told);
    }
    void end_generations(std::uint32_t below) {
        auth::revocation_change told;
        told.what.kind = auth::revocation_kind::credential;
        told.what.value = "key_1";
        told.what.created_at = std::chrono::system_clock::now();
        told.what.of = key;
        told.what.below_generation = below;
        state.revocations.apply(told);
    }
    verdict verify(std::string_view token, const auth::token_request& request = {}) {
        return verifier
            .verify(token, request, {}, auth::clock_reading::read(state.known), unlimited,
                    [&](const auto& r, auto, const auto&, const auto&) { answer = r.answer(); })
            .what.value();
    }

    auth::token_configuration settings{};
    auth::verification_cells cells;
    core::counter issued;
    auth::token_verifier verifier{state, 0, settings, cells};
    auth::token_issuer issuer{state, 0, settings, issued};
    std::string answer;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(issue_token, signing_worker)

// What a narrowed key had issued ends at once, cached or not; what it issues from then on is good.
BOOST_AUTO_TEST_CASE(tokens_end_with_their_generation) {
    const auto first = issue();
    const auto second = issue({}, {}, key, 1);
    const auto of_device = issue({}, {}, device);
    const auto without = sign(R"(,"credential_kind":"api_key")"); // from before tokens said it
    const auto odd = sign(R"(,"credential_kind":"api_key","gen":"1")");
    const auto negative = sign(R"(,"credential_kind":"api_key","gen":-1)");
    const auto both = sign("");
    BOOST_TEST((verify(first->text.reveal()) == verdict::valid));
    BOOST_TEST(answer.find(R"("gen":0)") != std::string::npos);
    end_generations(1);
    BOOST_TEST((verify(first->text.reveal()) == verdict::revoked));
    for (const auto* token : {&without, &odd, &negative, &both})
        BOOST_TEST((verify(*token) == verdict::revoked));
    BOOST_TEST((verify(second->text.reveal()) == verdict::valid));
    BOOST_TEST(answer.find(R"("gen":1)") != std::string::npos);
    BOOST_TEST((verify(of_device->text.reveal()) == verdict::valid));
    // Disabled and enabled again: the ended ones stay so.
    tell(key);
    BOOST_TEST((verify(second->text.reveal()) == verdict::revoked));
    tell(key, true);
    BOOST_TEST((verify(second->text.reveal()) == verdict::valid));
    BOOST_TEST((verify(first->text.reveal()) == verdict::revoked));
}

BOOST_AUTO_TEST_CASE(a_token_has_the_claims_of_rfc_9068) {
    const auto before = std::chrono::floor<core::seconds>(std::chrono::system_clock::now());
    const auto made = issue();
    BOOST_REQUIRE(made.has_value());
    BOOST_TEST((made->expires_in == 900s));
    BOOST_TEST(made->scopes.size() == 2u);
    BOOST_TEST((verify(made->text.reveal()) == verdict::valid));
    const auto claims = boost::json::parse(answer).at("claims").as_object();
    BOOST_TEST(claims.at("iss").as_string() == "latchkey");
    BOOST_TEST(claims.at("sub").as_string() == "key_1");
    BOOST_TEST(claims.at("client_id").as_string() == "key_1");
    BOOST_TEST(claims.at("credential_kind").as_string() == "api_key");
    BOOST_TEST(claims.at("aud").as_string() == "latchkey");
    BOOST_TEST(claims.at("organization_id").as_string() == "org");
    BOOST_TEST(claims.at("scope").as_string() == "r w");
    BOOST_TEST(claims.at("jti").as_string().size() == 22u);
    BOOST_TEST(claims.at("iat").as_int64() >= before.time_since_epoch().count());
    BOOST_TEST(claims.at("exp").as_int64() == claims.at("iat").as_int64() + 900);
    BOOST_TEST(issued.value() == 1u);
    BOOST_TEST(std::string(issue()->text.reveal()) != std::string(made->text.reveal()));
}

BOOST_AUTO_TEST_CASE(every_algorithm_of_ours) {
    for (const auto algorithm : auth::own_algorithms) {
        sign_with(algorithm);
        const auto made = issue();
        BOOST_REQUIRE(made.has_value());
        BOOST_TEST((verify(made->text.reveal()) == verdict::valid));
    }
}

BOOST_AUTO_TEST_CASE(an_order_narrows) {
    const std::string_view some[] = {"w", "w"};
    const auto made = issue({"web", some, 60s});
    BOOST_REQUIRE(made.has_value());
    BOOST_TEST((made->expires_in == 60s));
    BOOST_TEST(made->scopes.size() == 1u);
    // It is for another audience, which the caller has to name.
    BOOST_TEST((verify(made->text.reveal()) == verdict::audience_mismatch));
    BOOST_TEST((verify(made->text.reveal(), {"web", {}}) == verdict::valid));
    BOOST_TEST((verify(made->text.reveal(), {"web", std::span(some)}) == verdict::valid));
    const std::string_view more[] = {"r"};
    BOOST_TEST((verify(made->text.reveal(), {"web", more}) == verdict::insufficient_scopes));
    // No scopes at all is narrower than some.
    BOOST_TEST(issue({{}, std::span<const std::string_view>(), {}})->scopes.empty());
}

BOOST_AUTO_TEST_CASE(a_token_does_not_outlive_its_credential) {
    const auto now = std::chrono::system_clock::now();
    const auto life = issue({}, now + 100s)->expires_in;
    BOOST_TEST((life >= 99s && life <= 101s));
    BOOST_TEST((issue({}, now + 1h)->expires_in == 900s));
    const auto late = issue({}, now - 1s);
    BOOST_REQUIRE(!late.has_value());
    BOOST_TEST((late.error().kind == core::failure_kind::invalid));
}

BOOST_AUTO_TEST_CASE(what_an_order_may_hold) {
    struct {
        auth::token_order order;
        bool good;
    } const cases[] = {
        {{}, true},
        {{"a", {}, 1s}, true},
        {{"a", {}, 3600s}, true},
        {{"a", {}, 3601s}, false},
        {{"a", {}, 0s}, false},
        {{"a", {}, -1s}, false},
        {{"", {}, {}}, false},
    };
    for (const auto& c : cases)
        BOOST_TEST(issuer.complaint_about(c.order).has_value() != c.good);
    const std::string long_name(1025, 'a');
    BOOST_TEST(issuer.complaint_about({long_name, {}, {}}).has_value());
}

BOOST_AUTO_TEST_CASE(nothing_is_signed_without_news_or_without_a_key) {
    state.known.lose();
    auto refused = issue();
    BOOST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().kind == core::failure_kind::unavailable));
    BOOST_TEST(refused.error().message == "changes of signing keys cannot be known now");
    state.known.publish(core::moment::now());
    BOOST_TEST(issue().has_value());
    auth::own_issuer none;
    none.why_not = "why";
    auth::issuer_directory(state.issuers).set_own(std::make_shared<auth::own_issuer>(none));
    BOOST_TEST(issue().error().message == "why");
    auth::issuer_directory(state.issuers).set_own(nullptr);
    BOOST_TEST(issue().error().message == "the signing keys are not known yet");
    BOOST_TEST(issued.value() == 1u);
}

// A token that was made from a key is revoked with that key.
BOOST_AUTO_TEST_CASE(a_token_falls_with_its_credential) {
    const auto made = issue();
    BOOST_TEST((verify(made->text.reveal()) == verdict::valid));
    state.revocations.apply(
        {{auth::revocation_kind::credential, "", "key_1", {}, {}, std::chrono::system_clock::now()},
         false});
    state.revocations.set_token_lives(auth::token_lives::of_all(1h));
    BOOST_TEST((verify(made->text.reveal()) == verdict::revoked));
}

// A key and a device have the same id: revoking one does not affect the other.
BOOST_AUTO_TEST_CASE(a_token_falls_with_its_own_kind_of_credential_alone) {
    state.revocations.set_token_lives(auth::token_lives::of_all(1h));
    const auto of_key = std::string(issue()->text.reveal());
    const auto of_device = std::string(issue({}, {}, device)->text.reveal());
    BOOST_TEST((verify(of_device) == verdict::valid));
    BOOST_TEST(answer.find(R"("credential_kind":"device")") != std::string::npos);
    // A token that does not say what it was made from, or not in a known way, is revoked with
    // either.
    const std::string unclear[] = {sign(""), sign(R"(,"credential_kind":"token")"),
                                   sign(R"(,"credential_kind":"certificate")"),
                                   sign(R"(,"credential_kind":["api_key"])"),
                                   sign(R"(,"credential_kind":null)")};
    struct {
        const char* what;
        std::optional<auth::credential_kind> of;
        bool withdrawn, key_falls, device_falls;
    } const steps[] = {
        {"the key", key, false, true, false},
        {"the device, too", device, false, true, true},
        {"the key is good again", key, true, false, true},
        {"and the device", device, true, false, false},
        {"of nobody knows which kind", {}, false, true, true},
        {"which the device is not", device, true, true, false},
        {"nor any", {}, true, false, false},
    };
    const auto standing = [](bool falls) { return falls ? verdict::revoked : verdict::valid; };
    for (const auto& step : steps) {
        BOOST_TEST_CONTEXT(step.what) {
            tell(step.of, step.withdrawn);
            BOOST_TEST((verify(of_key) == standing(step.key_falls)));
            BOOST_TEST((verify(of_device) == standing(step.device_falls)));
            for (const auto& token : unclear)
                BOOST_TEST((verify(token) == standing(step.key_falls || step.device_falls)));
        }
    }
}

// A token of ours whose signing key is not known here is from another node that has just made the
// key, or was made up.
BOOST_AUTO_TEST_CASE(a_key_of_ours_is_unknown_only_by_later_news) {
    const auto made = issue();
    sign_with(jws_algorithm::es256);
    const auto decided =
        verifier.verify(made->text.reveal(), {}, {}, auth::clock_reading::read(state.known),
                        unlimited, [](const auto&, auto, const auto&, const auto&) {});
    BOOST_TEST(!decided.what.has_value());
    auto later = core::moment::now();
    later.real += 10s;
    later.boot += 10s;
    state.known.publish(later);
    BOOST_TEST((verify(made->text.reveal()) == verdict::unknown_key_id));
}

BOOST_AUTO_TEST_SUITE_END()

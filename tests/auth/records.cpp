#include <latchkey/auth/api_key_record.hpp>
#include <latchkey/auth/verify_api_key.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

// Holds on to look-ups; the test answers them.
struct fake_store final : auth::store {
    auth::api_key_lookup* asked = nullptr;
    void find_api_key(auth::api_key_lookup& lookup) override { asked = &lookup; }
};
struct asker final : auth::api_key_lookup {
    void complete() noexcept override {}
};

double verdicts(const auth::api_key_verifier& verifier, const std::string& code) {
    core::metric_sink sink;
    verifier.metrics().collect(sink);
    const auto text = sink.prometheus();
    const auto name = "auth_verdicts_total{kind=\"api_key\",code=\"" + code + "\"} ";
    const auto at = text.find(name);
    BOOST_REQUIRE(at != std::string::npos);
    return std::stod(text.substr(at + name.size()));
}

} // namespace

BOOST_AUTO_TEST_SUITE(records)

BOOST_AUTO_TEST_CASE(an_answer_is_serialised_once) {
    auth::api_key_facts facts;
    facts.key_id = "key_1";
    facts.organization_id = "o\"1";
    facts.scopes = {"b", "a", "b"};
    facts.metadata = R"({"a b": [1, 2.50, "x  y\" "], "n": 12345678901234567890})";
    BOOST_TEST(
        auth::api_key_record(facts).answer() ==
        R"("key_id":"key_1","organization_id":"o\"1","name":null,"external_id":null,)"
        R"("scopes":["a","b"],"metadata":{"a b":[1,2.50,"x  y\" "],"n":12345678901234567890},)"
        R"("expires_at":null)");
    facts.name = "n";
    facts.external_id = "";
    facts.scopes.clear();
    facts.metadata = "{}";
    facts.expires_at = core::real_time(1'798'761'600s);
    BOOST_TEST(auth::api_key_record(facts).answer() ==
               R"("key_id":"key_1","organization_id":"o\"1","name":"n","external_id":"",)"
               R"("scopes":[],"metadata":{},"expires_at":"2027-01-01T00:00:00Z")");
}

BOOST_AUTO_TEST_CASE(a_verifier_looks_up_judges_and_counts) {
    fake_store store;
    auth::api_key_verifier verifier(store, {});
    BOOST_TEST(!verifier.fingerprint("short").has_value());
    BOOST_TEST(verdicts(verifier, "INVALID_FORMAT") == 1);

    asker lookup;
    lookup.key = *verifier.fingerprint("a-foreign-key");
    verifier.look_up(lookup);
    BOOST_TEST(store.asked == &lookup);

    lookup.status = auth::lookup_status::absent;
    BOOST_TEST((verifier.conclude(lookup, {}, {}) == auth::verdict::not_found));
    lookup.status = auth::lookup_status::found;
    lookup.record = std::make_shared<const auth::api_key_record>(auth::api_key_facts{});
    BOOST_TEST((verifier.conclude(lookup, {}, {}) == auth::verdict::valid));
    // Never valid and never "not found": it is not decided.
    lookup.status = auth::lookup_status::unavailable;
    BOOST_TEST(!verifier.conclude(lookup, {}, {}).has_value());
    for (const char* code : {"NOT_FOUND", "VALID", "UNAVAILABLE"})
        BOOST_TEST(verdicts(verifier, code) == 1);
}

BOOST_AUTO_TEST_SUITE_END()

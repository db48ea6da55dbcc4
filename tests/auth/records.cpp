#include <latchkey/auth/api_key/api_key_record.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(records)

BOOST_AUTO_TEST_CASE(an_answer_is_serialised_once) {
    auth::api_key_facts facts;
    facts.key_id = "key_1";
    facts.organization_id = "o\"1";
    facts.scopes = {"b", "a", "b"};
    facts.metadata = R"({"a b": [1, 2.50, "x  y\" "], "n": 12345678901234567890})";
    BOOST_TEST(
        auth::api_key_record(facts).answer() ==
        R"({"valid":true,"code":"VALID","key_id":"key_1","organization_id":"o\"1","name":null,"external_id":null,)"
        R"("scopes":["a","b"],"metadata":{"a b":[1,2.50,"x  y\" "],"n":12345678901234567890},)"
        R"("expires_at":null})");
    facts.name = "n";
    facts.external_id = "";
    facts.scopes.clear();
    facts.metadata = "{}";
    facts.expires_at = core::real_time(1'798'761'600s);
    BOOST_TEST(
        auth::api_key_record(facts).answer() ==
        R"({"valid":true,"code":"VALID","key_id":"key_1","organization_id":"o\"1","name":"n","external_id":"",)"
        R"("scopes":[],"metadata":{},"expires_at":"2027-01-01T00:00:00Z"})");
}

BOOST_AUTO_TEST_SUITE_END()

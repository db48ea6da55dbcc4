#include <latchkey/auth/device/device_record.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

auth::device_facts facts_of_a_sensor() {
    auth::device_facts facts;
    facts.device_id = "sensor \"7\"";
    facts.organization_id = "org_1";
    facts.scopes = {"write", "read", "write"};
    facts.metadata = R"({"floor": 3, "n": 12345678901234567890})";
    return facts;
}

constexpr std::string_view answer_of_the_sensor =
    R"({"valid":true,"code":"VALID","device_id":"sensor \"7\"","organization_id":"org_1",)"
    R"("name":null,"scopes":["read","write"],"metadata":{"floor":3,"n":12345678901234567890}})";

} // namespace

BOOST_AUTO_TEST_SUITE(device_record)

BOOST_AUTO_TEST_CASE(an_answer_is_serialised_once) {
    auto facts = facts_of_a_sensor();
    BOOST_TEST(auth::device_record(facts).answer() == answer_of_the_sensor);
    facts.name = "";
    facts.scopes.clear();
    facts.metadata = "{}";
    BOOST_TEST(auth::device_record(facts).answer() ==
               R"({"valid":true,"code":"VALID","device_id":"sensor \"7\"",)"
               R"("organization_id":"org_1","name":"","scopes":[],"metadata":{}})");
}

BOOST_AUTO_TEST_CASE(a_token_goes_in_before_the_closing_brace) {
    const auth::device_record record(facts_of_a_sensor());
    std::string out = "HTTP ";
    record.append_answer(out, "e30.e30.c2ln", 900s);
    BOOST_TEST(out ==
               "HTTP " +
                   std::string(answer_of_the_sensor.substr(0, answer_of_the_sensor.size() - 1)) +
                   R"(,"access_token":"e30.e30.c2ln","token_type":"Bearer","expires_in":900})");
    BOOST_TEST(boost::json::parse(out.substr(5)).is_object());
    BOOST_TEST(record.answer() == answer_of_the_sensor);
}

BOOST_AUTO_TEST_CASE(secrets_are_counted_and_not_answered) {
    const auto hash = crypto::hash_password("a password", {4, 1, 1}).value();
    auto facts = facts_of_a_sensor();
    const auto without = auth::device_record(facts).bytes();
    facts.secret = auth::stored_secret::parse(hash, auth::legacy_device_secret::unset);
    facts.previous_secret = facts.secret;
    const auth::device_record record(facts);
    BOOST_TEST(record.bytes() >= without + 2 * hash.size());
    BOOST_TEST(record.answer() == answer_of_the_sensor);
    BOOST_TEST(record.organization_id() == "org_1");
}

BOOST_AUTO_TEST_SUITE_END()

#include <latchkey/auth/api_key/api_key_record.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(records)

BOOST_AUTO_TEST_CASE(an_answer_is_compact_json) {
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

// Also texts that the answer spells otherwise, and scopes of callers, which the answer mixes in.
BOOST_AUTO_TEST_CASE(a_record_keeps_what_it_was_made_from) {
    struct {
        const char* what;
        void (*change)(auth::api_key_facts&);
    } const cases[] = {
        {"a plain key", [](auto&) {}},
        {"a quote in the id", [](auto& f) { f.key_id = "k\"1"; }},
        {"a quote in the organization", [](auto& f) { f.organization_id = "o\\"; }},
        {"a control character in the name", [](auto& f) { f.name = "a\nb"; }},
        {"bytes that are not UTF-8", [](auto& f) { f.external_id = "\xff"; }},
        {"no name", [](auto& f) { f.name.reset(); }},
        {"an empty name", [](auto& f) { f.name = ""; }},
        {"a name that reads null", [](auto& f) { f.name = "null"; }},
        {"no scopes", [](auto& f) { f.scopes.clear(); }},
        {"an empty scope", [](auto& f) { f.scopes = {""}; }},
        {"a scope with a quote",
         [](auto& f) {
             f.scopes = {"a", "b\",\"c"};
         }},
        {"many scopes",
         [](auto& f) {
             f.scopes.clear();
             for (char c = 'A'; c <= 'Z'; ++c)
                 f.scopes.push_back(std::string("s") + c);
         }},
        {"rights of a caller", [](auto& f) { f.caller_scopes.add("latchkey:verify"); }},
        {"it retires", [](auto& f) { f.retires_at = core::real_time(5s); }},
        {"it expires", [](auto& f) { f.expires_at = core::real_time(6s); }},
        {"it was narrowed", [](auto& f) { f.generation = 7; }},
        {"networks", [](auto& f) { f.allowed_networks = {*core::parse_network("192.0.2.0/24")}; }},
        {"a limit", [](auto& f) { f.rate_limit = core::rate_rule::make(5, 1s, 5); }},
        {"disabled", [](auto& f) { f.enabled = false; }},
        {"revoked", [](auto& f) { f.revoked = true; }},
        {"organization disabled", [](auto& f) { f.organization_enabled = false; }},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.what) {
            auth::api_key_facts made;
            made.key_id = "key_1";
            made.organization_id = "org_1";
            made.name = "a name";
            made.external_id = "\xc3\xa4";
            made.scopes = {"devices:read", "devices:write", "x"};
            c.change(made);
            const auth::api_key_record record(made);
            const auto kept = record.facts();
            BOOST_TEST(record.key_id() == made.key_id);
            BOOST_TEST(record.organization_id() == made.organization_id);
            BOOST_TEST(record.name() == made.name.value_or(""));
            BOOST_TEST((kept.name == made.name));
            BOOST_TEST((kept.external_id == made.external_id));
            BOOST_TEST((kept.scopes == made.scopes));
            BOOST_TEST((kept.caller_scopes == made.caller_scopes));
            BOOST_TEST((kept.retires_at == made.retires_at));
            BOOST_TEST((kept.expires_at == made.expires_at));
            BOOST_TEST(kept.generation == made.generation);
            BOOST_TEST((kept.allowed_networks == made.allowed_networks));
            BOOST_TEST((kept.rate_limit == made.rate_limit));
            BOOST_TEST(kept.enabled == made.enabled);
            BOOST_TEST(kept.revoked == made.revoked);
            BOOST_TEST(kept.organization_enabled == made.organization_enabled);
            for (const auto& scope : made.scopes)
                BOOST_TEST(record.has_scope(scope));
            for (const auto* other : {"devices", "devices:reads", "a\"", "y", "latchkey:verify:*"})
                BOOST_TEST(!record.has_scope(other));
            BOOST_TEST(record.has_scope("latchkey:verify") == !made.caller_scopes.empty());
        }
}

BOOST_AUTO_TEST_CASE(a_usual_record_is_small) {
    auth::api_key_facts facts;
    facts.key_id = "key_9LbLLhQdJOIKmQavZa8I8u";
    facts.organization_id = "6f2b0c1e-9f1c-4b57-8a3a-1f6f6ac1d111";
    facts.name = "ci";
    facts.scopes = {"devices:read", "devices:write"};
    BOOST_TEST(auth::api_key_record(facts).bytes() <= 192u);
}

BOOST_AUTO_TEST_SUITE_END()

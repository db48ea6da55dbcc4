#include <latchkey/auth/api_key/judge.hpp>

#include <boost/test/unit_test.hpp>

#include <functional>
#include <vector>

using namespace latchkey;
using auth::verdict;
using namespace std::chrono_literals;

namespace {

const core::real_time now = core::real_time(1'800'000'000s);

core::network network(const char* text) {
    return *core::parse_network(text);
}

using facts = auth::api_key_facts;
void revoked(facts& f) {
    f.revoked = true;
}
void disabled(facts& f) {
    f.enabled = false;
}
void organization_disabled(facts& f) {
    f.organization_enabled = false;
}
void expired(facts& f) {
    f.expires_at = now - 1s;
}
void fenced(facts& f) {
    f.allowed_networks = {network("192.0.2.0/24"), network("2001:db8::/32")};
}

} // namespace

BOOST_AUTO_TEST_SUITE(judge)

BOOST_AUTO_TEST_CASE(one_table_of_cases) {
    struct {
        const char* name;
        std::vector<std::function<void(facts&)>> changes;
        std::vector<std::string_view> scopes;
        const char* ip;
        verdict expected;
    } const cases[] = {
        {"good", {}, {}, nullptr, verdict::valid},
        {"good with an address", {}, {}, "192.0.2.1", verdict::valid},
        {"good with its scopes", {}, {"a", "b"}, nullptr, verdict::valid},
        {"a scope asked twice", {}, {"a", "a"}, nullptr, verdict::valid},
        {"one scope too many", {}, {"a", "c"}, nullptr, verdict::insufficient_scopes},
        {"a scope's beginning", {}, {"long"}, nullptr, verdict::insufficient_scopes},
        {"a scope and more", {}, {"longer-one"}, nullptr, verdict::insufficient_scopes},
        {"a scope in capitals", {}, {"A"}, nullptr, verdict::insufficient_scopes},
        {"the empty scope", {}, {""}, nullptr, verdict::insufficient_scopes},
        {"revoked", {revoked}, {}, nullptr, verdict::revoked},
        {"disabled", {disabled}, {}, nullptr, verdict::disabled},
        {"organization disabled",
         {organization_disabled},
         {},
         nullptr,
         verdict::organization_disabled},
        {"expired", {expired}, {}, nullptr, verdict::expired},
        {"expires now", {[](facts& f) { f.expires_at = now; }}, {}, nullptr, verdict::expired},
        {"expires next", {[](facts& f) { f.expires_at = now + 1us; }}, {}, nullptr, verdict::valid},
        {"expired before 1970",
         {[](facts& f) { f.expires_at = core::real_time(-1s); }},
         {},
         nullptr,
         verdict::expired},
        {"expired long ago",
         {[](facts& f) { f.expires_at = core::real_time::min(); }},
         {},
         nullptr,
         verdict::expired},
        {"fenced, no address", {fenced}, {}, nullptr, verdict::ip_not_allowed},
        {"fenced, outside", {fenced}, {}, "192.0.3.1", verdict::ip_not_allowed},
        {"fenced, inside", {fenced}, {}, "192.0.2.255", verdict::valid},
        {"fenced, inside as mapped", {fenced}, {}, "::ffff:192.0.2.1", verdict::valid},
        {"fenced, inside the second", {fenced}, {}, "2001:db8:1::", verdict::valid},
        {"revoked before disabled", {revoked, disabled}, {}, nullptr, verdict::revoked},
        {"revoked before all",
         {revoked, disabled, organization_disabled, expired, fenced},
         {"c"},
         nullptr,
         verdict::revoked},
        {"disabled before the rest",
         {disabled, organization_disabled, expired, fenced},
         {"c"},
         nullptr,
         verdict::disabled},
        {"organization before the rest",
         {organization_disabled, expired, fenced},
         {"c"},
         nullptr,
         verdict::organization_disabled},
        {"expiry before the rest", {expired, fenced}, {"c"}, nullptr, verdict::expired},
        {"address before scopes", {fenced}, {"c"}, nullptr, verdict::ip_not_allowed},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name) {
            facts f;
            f.key_id = "key_1";
            f.scopes = {"longer", "b", "a"};
            for (const auto& change : c.changes)
                change(f);
            auth::api_key_request request{c.scopes, std::nullopt};
            if (c.ip) request.ip = core::parse_address(c.ip);
            const auto found = auth::judge(auth::api_key_record(f), request, now);
            BOOST_TEST(auth::code_of(found) == auth::code_of(c.expected));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

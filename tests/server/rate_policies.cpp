#include "settings_folder.hpp"

using namespace latchkey;
using server_tests::folder;
using server_tests::mistakes_in;

namespace {

server::configuration configured(const std::string& toml) {
    const folder here;
    server::configuration_sources sources;
    sources.file = here.write("latchkey.toml", toml);
    return server_tests::load(sources);
}

} // namespace

BOOST_AUTO_TEST_SUITE(rate_policies)

BOOST_AUTO_TEST_CASE(policies_are_read_in_their_order) {
    const auto c = configured(R"([rate_limit]
buckets = 2048
[[rate_limit.policies]]
name = "one"
endpoints = "verify-token, verify-batch"
quantity = 7
window = "10s"
burst = 3
exempt = "10.0.0.0/8"
[[issuers]]
issuer = "https://a"
audiences = "api"
jwks_file = "/a"
[[rate_limit.policies]]
name = "two"
counts = "organization"
)");
    BOOST_TEST(c.rate_limit.buckets == 2048u);
    BOOST_REQUIRE(c.rate_policies.size() == 2u);
    const auto& one = c.rate_policies[0];
    BOOST_TEST(one.name == "one");
    BOOST_TEST(one.endpoints == "verify-token, verify-batch");
    BOOST_TEST((one.counts == api::counted::address));
    BOOST_TEST(one.quantity == 7u);
    BOOST_TEST(one.window.count() == 10);
    BOOST_TEST(one.burst == 3u);
    BOOST_TEST(one.exempt == "10.0.0.0/8");
    const auto& two = c.rate_policies[1];
    BOOST_TEST(two.name == "two");
    BOOST_TEST((two.counts == api::counted::organization));
    BOOST_TEST(two.quantity == 100u);
    BOOST_TEST(two.window.count() == 60);
    BOOST_TEST(c.issuers.size() == 1u);
    BOOST_TEST(configured("").rate_policies.empty());
}

BOOST_AUTO_TEST_CASE(says_what_is_wrong_and_where) {
    struct {
        std::string_view toml;
        std::string_view says;
    } const cases[] = {
        {"[[rate_limit.policies]]\nnaem = \"a\"",
         "FILE:2: rate_limit.policies.naem: no such setting; did you mean "
         "rate_limit.policies.name?"},
        {"[rate_limit.policies]\nname = \"a\"",
         "FILE:1: rate_limit.policies: is a table; expected tables that begin with "
         "[[rate_limit.policies]]"},
        {"[rate_limit]\npolicies = 1",
         "FILE:2: rate_limit.policies: is an integer; expected tables that begin with "
         "[[rate_limit.policies]]"},
        {"[[rate_limit.policies]]\nquantity = 5",
         "FILE:1: rate_limit.policies.name: is missing; expected 1 to 64 letters, digits and -._"},
        {"[[rate_limit.policies]]\nname = \"a b\"",
         "FILE:2: rate_limit.policies.name: \"a b\" is not well formed; expected 1 to 64 letters, "
         "digits and -._"},
        {"[[rate_limit.policies]]\nname = \"a\"\ncounts = \"adress\"",
         "FILE:3: rate_limit.policies.counts: \"adress\" is not known (did you mean \"address\"?); "
         "expected one of \"address\", \"api_key\", \"device\" or \"organization\""},
        {"[[rate_limit.policies]]\nname = \"a\"\nquantity = 0",
         "FILE:3: rate_limit.policies.quantity: \"0\" is out of range; expected an integer from 1 "
         "to 1000000000"},
        {"[[rate_limit.policies]]\nname = \"a\"\nquantity = 1000001\nwindow = \"1s\"",
         "FILE:1: rate_limit.policies.quantity: is too much for its window, or its burst is; "
         "expected at most 1000000 a second, and a burst that comes back within 7 days"},
        {"[[rate_limit.policies]]\nname = \"a\"\nwindow = \"1500ms\"",
         "FILE:3: rate_limit.policies.window: \"1500ms\" is too fine; expected whole seconds"},
        {"[[rate_limit.policies]]\nname = \"a\"\nendpoints = \"verify-tokn\"",
         "FILE:1: rate_limit.policies.endpoints: \"verify-tokn\" is no endpoint that is limited "
         "(did you mean \"verify-token\"?); expected some of verify-api-key verify-token "
         "authenticate-device generate-token verify-batch revoke forward-auth emqx "
         "rabbitmq/user rabbitmq/vhost rabbitmq/resource rabbitmq/topic oauth2/token "
         "oauth2/introspect oauth2/revoke"},
        {"[[rate_limit.policies]]\nname = \"a\"\ncounts = \"device\"\nendpoints = \"verify-token\"",
         "FILE:1: rate_limit.policies.endpoints: no request to verify-token names what \"device\" "
         "counts; expected others"},
        {"[[rate_limit.policies]]\nname = \"a\"\n\n[[rate_limit.policies]]\nname = \"a\"",
         "FILE:4: rate_limit.policies.name: \"a\" is another's; expected a name of its own"},
        {"[[rate_limit.policies]]\nname = \"a\"\nexempt = \"10.0.0.0/33\"",
         "FILE:3: rate_limit.policies.exempt: \"10.0.0.0/33\" is not well formed; expected "
         "addresses and networks"},
        {"[rate_limit]\nbuckets = 1",
         "FILE:2: rate_limit.buckets: \"1\" is out of range; expected an integer from 1024 to "
         "134217728"},
        {"[[rate_limit.policy]]\nname = \"a\"", "FILE:1: rate_limit.policy: no such setting"},
        {"[server]\ntrusted_proxies = \"gateway\"",
         "FILE:2: server.trusted_proxies: \"gateway\" is not well formed; expected addresses and "
         "networks, such as \"10.0.0.0/8, 2001:db8::/32\""},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.toml) BOOST_TEST(mistakes_in(c.toml) == c.says);
}

// Without its comment signs, the reference's example is the limit that the older service planned.
BOOST_AUTO_TEST_CASE(the_reference_has_the_older_plan) {
    const auto text = server::reference_configuration();
    const auto begin = text.find("# [[rate_limit.policies]]\n");
    BOOST_REQUIRE(begin != text.npos);
    std::string example;
    for (auto at = begin; text.compare(at, 2, "# ") == 0; at = text.find('\n', at) + 1)
        example += text.substr(at + 2, text.find('\n', at) - at - 1);
    const auto c = configured(example);
    BOOST_REQUIRE(c.rate_policies.size() == 1u);
    BOOST_TEST(c.rate_policies[0].name == "verify-token");
    BOOST_TEST(c.rate_policies[0].endpoints == "verify-token");
    BOOST_TEST((c.rate_policies[0].counts == api::counted::address));
    BOOST_TEST(c.rate_policies[0].quantity == 100u);
    BOOST_TEST(c.rate_policies[0].window.count() == 60);
}

BOOST_AUTO_TEST_SUITE_END()

// What a gateway demands, and that what cannot be read demands nothing less.
#include <latchkey/api/forward_policy.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using strings = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(forward_policy)

BOOST_AUTO_TEST_CASE(a_query_says_what_is_demanded) {
    const auto read =
        api::read_forward_policy("scope=a:b+c%20d&permissions=a.b+AND+(c+OR+d)&audience=my%20api&"
                                 "organization=o1&organization=o%2C2&cost=7&token=1");
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST(read->scopes == (strings{"a:b", "c", "d"}));
    BOOST_TEST(read->permissions == "a.b AND (c OR d)");
    BOOST_TEST(*read->audience == "my api");
    BOOST_TEST(read->organizations == (strings{"o1", "o,2"}));
    BOOST_TEST(read->cost == 7u);
    BOOST_TEST(read->token);

    const auto nothing = api::read_forward_policy("");
    BOOST_REQUIRE(nothing.has_value());
    BOOST_TEST(nothing->scopes.empty());
    BOOST_TEST(nothing->organizations.empty());
    BOOST_TEST(nothing->permissions.empty());
    BOOST_TEST(!nothing->audience.has_value());
    BOOST_TEST(nothing->cost == 1u);
    BOOST_TEST(!nothing->token);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_refused) {
    for (const std::string query : {"scopes=a",        "scope=a&scope=b",
                                    "scope=",          "scope=+",
                                    "scope",           "SCOPE=a",
                                    "scope=%zz",       "scope=%ff",
                                    "audience=",       "audience=a&audience=b",
                                    "organization=",   "organization",
                                    "cost=0",          "cost=-1",
                                    "cost=1.5",        "cost=1000001",
                                    "cost=",           "cost=1&cost=1",
                                    "token=yes",       "token=",
                                    "token=1&token=0", "&",
                                    "scope=a&",        "=",
                                    "scope%3Da",       "sco%70e=a",
                                    "permissions=",    "permissions=a&permissions=a",
                                    "permissions=a+b", "permissions=a.*"})
        BOOST_TEST_CONTEXT(query) {
            BOOST_TEST(!api::read_forward_policy(query).has_value());
        }
    BOOST_TEST(!api::read_forward_policy("audience=" + std::string(1025, 'a')).has_value());
}

BOOST_AUTO_TEST_CASE(policies_are_found_by_their_whole_names) {
    api::forward_policy_configuration one{"one", "a, b", "aud", "o1, o2", 3, true};
    one.permissions = "p AND q";
    api::forward_policy_configuration two;
    two.name = "two";
    const api::forward_policy_configuration both[] = {one, two};
    const auto made = api::forward_policies::make(both);
    BOOST_REQUIRE(made.has_value());
    const auto found = made->find("one");
    BOOST_REQUIRE(found);
    BOOST_TEST(found->policy.scopes == (strings{"a", "b"}));
    BOOST_TEST(found->policy.organizations == (strings{"o1", "o2"}));
    BOOST_TEST(*found->policy.audience == "aud");
    BOOST_TEST(found->policy.cost == 3u);
    BOOST_TEST(found->policy.token);
    BOOST_TEST(found->scopes.size() == 2u);
    BOOST_REQUIRE(found->permissions());
    BOOST_TEST(found->permissions()->holds([](std::string_view) { return true; }));
    BOOST_TEST(!found->permissions()->holds([](std::string_view name) { return name == "p"; }));
    BOOST_TEST(made->find("two")->organizations.empty());
    BOOST_TEST(!made->find("two")->permissions());
    for (const std::string name : {"", "on", "one ", "One", "three"})
        BOOST_TEST(!made->find(name));
}

BOOST_AUTO_TEST_CASE(a_wrong_entry_is_named) {
    using configuration = api::forward_policy_configuration;
    struct {
        std::string name;
        std::vector<configuration> given;
        std::string complaint;
        std::size_t at;
    } const cases[] = {
        {"no name", {{}}, "name: ", 0},
        {"a name with a slash", {{"a/b", {}, {}, {}}}, "name: ", 0},
        {"a name twice", {{"a", {}, {}, {}}, {"a", {}, {}, {}}}, "name: ", 1},
        {"scopes that name none", {{"a", " , ", {}, {}}}, "scopes: ", 0},
        {"organizations that name none", {{"a", {}, {}, " , "}}, "organization: ", 0},
        {"no cost", {{"a", {}, {}, {}, 0}}, "cost: ", 0},
        {"permissions that cannot be read",
         {{"a", {}, {}, {}, 1, false, "a OR"}},
         "permissions: at character 5: expected ",
         0},
        {"a long audience", {{"a", {}, std::string(1025, 'a'), {}}}, "audience: ", 0},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name) {
            std::size_t at = 9;
            const auto made = api::forward_policies::make(c.given, &at);
            BOOST_REQUIRE(!made.has_value());
            BOOST_TEST(made.error().message.starts_with(c.complaint));
            BOOST_TEST(at == c.at);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

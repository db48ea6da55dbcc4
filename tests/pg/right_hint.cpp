#include "pg/connection/right_hint.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;

BOOST_AUTO_TEST_SUITE(right_hint)

BOOST_AUTO_TEST_CASE(the_grant_is_told) {
    constexpr auto all = "; latchkey doctor prints every right that is missing";
    struct {
        const char* message;
        const char* sql;
        const char* grant;
    } const cases[] = {
        {"permission denied for schema latchkey", "select 1 from latchkey.api_keys",
         "; as the owner, run: grant usage on schema latchkey to web"},
        {"permission denied for table api_keys", "select 1 from latchkey.api_keys k",
         "; as the owner, run: grant select on latchkey.api_keys to web"},
        {"permission denied for table organizations",
         "select 1 from latchkey.api_keys k join public.organizations o on true",
         "; as the owner, run: grant select on public.organizations to web"},
        {"permission denied for table elsewhere", "select 1",
         "; as the owner, run: grant select on latchkey.elsewhere to web"},
        {"permission denied for table eras", "insert into latchkey.eras (era) values ($1)",
         "; as the owner, run: grant insert on latchkey.eras to web"},
        {"permission denied for table nodes",
         "insert into latchkey.nodes (node) select $1 on conflict (node) do update set node = $1",
         "; as the owner, run: grant select, insert, update on latchkey.nodes to web"},
        {"permission denied for table nodes", "delete from latchkey.nodes n where n.node = $1",
         "; as the owner, run: grant select, delete on latchkey.nodes to web"},
        {"permission denied for table api_keys",
         "insert into latchkey.api_keys_of_old (a) select k.a from latchkey.api_keys k",
         "; as the owner, run: grant select on latchkey.api_keys to web"},
        {"keine Berechtigung f\303\274r Tabelle api_keys", "select 1", ""},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.message) {
            BOOST_TEST(pg::right_hint("42501", c.message, c.sql, "web") ==
                       std::string(c.grant) + all);
        }
}

BOOST_AUTO_TEST_CASE(other_refusals_and_odd_roles) {
    BOOST_TEST(pg::right_hint("42P01", "permission denied for table a", "", "web").empty());
    struct {
        const char* role;
        const char* shown;
    } const roles[] = {{"a\"b", "to \"a\"\"b\"; "},
                       {"Web", "to \"Web\"; "},
                       {"user", "to \"user\"; "},
                       {"1st", "to \"1st\"; "},
                       {"web_2", "to web_2; "}};
    for (const auto& r : roles)
        BOOST_TEST_CONTEXT(r.role) {
            const auto hint = pg::right_hint("42501", "permission denied for schema s", "", r.role);
            BOOST_TEST(hint.find(r.shown) != std::string::npos);
        }
}

BOOST_AUTO_TEST_SUITE_END()

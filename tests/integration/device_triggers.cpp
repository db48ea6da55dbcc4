// What the older service's writes to devices change in tokens and in the feed.
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;

namespace {

struct device_database : migrated_database {
    device_database() {
        exec("insert into public.organizations (organization_id) values ('o');"
             "insert into public.device_credentials (device_id, device_secret, organization_id)"
             " select 'd' || n, 's', 'o' from generate_series(1, 5) n;"
             "delete from latchkey.changes");
    }
    /// Returns "kind(names)" of each row since the last call.
    std::string told() {
        std::string out;
        for (const auto& r : query("select kind || '(' || array_to_string(array(select n"
                                   " from unnest(names) as n order by n collate \"C\"), ' ') || ')'"
                                   " from latchkey.changes order by kind, seq"))
            out += (out.empty() ? "" : " ") + r[0].value();
        exec("delete from latchkey.changes");
        return out;
    }
};

struct told_case {
    std::string change;
    std::string told;
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(device_triggers, device_database)

BOOST_AUTO_TEST_CASE(the_old_services_writes_reach_every_node) {
    const auto role = make_role();
    exec("grant usage on schema public to " + role +
         "; grant select, insert, update, delete, truncate on public.device_credentials to " +
         role);
    exec("alter table public.device_credentials add column last_seen timestamptz");
    const told_case cases[] = {
        {"insert into public.device_credentials (device_id, device_secret, organization_id)"
         " values ('d6', 's', 'o')",
         "devices(d6)"},
        {"update public.device_credentials set last_seen = now()", ""},
        {"update public.device_credentials set device_secret = 'new' where device_id = 'd1'",
         "devices(d1)"},
        {"update public.device_credentials set status = 'disabled' where device_id in ('d1', 'd2')",
         "api_keys(device 1 d1 device 1 d2) credentials(+d1 +d2) devices(d1 d2)"},
        {"update public.device_credentials set status = 'lost' where device_id = 'd1'",
         "devices(d1)"},
        {"update public.device_credentials set status = 'active' where device_id = 'd1'",
         "credentials(-d1) devices(d1)"},
        {"update public.device_credentials set revoked_at = now() where device_id = 'd3'",
         "api_keys(device 1 d3) credentials(+d3) devices(d3)"},
        {"update public.device_credentials set status = 'off' where device_id = 'd3'",
         "api_keys(device 2 d3) devices(d3)"},
        {"update public.device_credentials set status = 'active' where device_id = 'd3'",
         "devices(d3)"},
        {"update public.device_credentials set revoked_at = null where device_id = 'd3'",
         "credentials(-d3) devices(d3)"},
        {"update public.device_credentials set name = 'n', scopes = '{a}',"
         " metadata = '{\"a\": 1}' where device_id = 'd4'",
         "devices(d4)"},
        {"update public.device_credentials set device_id = 'd55' where device_id = 'd5'",
         "api_keys(device 1 d5) credentials(+d5) devices(d5 d55)"},
        {"delete from public.device_credentials where device_id = 'd4'",
         "api_keys(device 1 d4) credentials(+d4) devices(d4)"},
        {"insert into public.device_credentials (device_id, device_secret, organization_id)"
         " values ('d4', 's', 'o')",
         "api_keys(device 1 d4) credentials(-d4) devices(d4) devices(d4)"},
        {"insert into public.device_credentials (device_id, device_secret, organization_id,"
         " status) values ('d1', 's', 'o', 'active') on conflict (device_id) do update"
         " set status = 'off'",
         "api_keys(device 2 d1) credentials(+d1) devices(d1)"},
    };
    session old(uri(role));
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.change) {
            old.exec(c.change);
            BOOST_TEST(told() == c.told);
        }
    }
    BOOST_TEST(old.sqlstate_of("select * from latchkey.revocations") == "42501");
    BOOST_TEST(old.sqlstate_of("select latchkey.restore_credentials('device', '{d1}')") == "42501");
    old.exec("truncate public.device_credentials");
    BOOST_TEST(value("select string_agg(value, ' ' order by value) from latchkey.revocations") ==
               "d1 d2 d3 d4 d5 d55 d6");
    exec("drop owned by " + role);
}

BOOST_AUTO_TEST_CASE(they_fire_in_a_session_that_replays_a_replica) {
    exec("set session_replication_role = replica");
    exec("update public.device_credentials set status = 'off' where device_id = 'd1'");
    exec("delete from public.device_credentials where device_id = 'd2'");
    exec("set session_replication_role = origin");
    BOOST_TEST(told() ==
               "api_keys(device 1 d1) api_keys(device 1 d2) credentials(+d1) credentials(+d2)"
               " devices(d1) devices(d2)");
}

// No primary key, ids that repeat or are NULL, columns that cannot be compared: no write may fail.
BOOST_AUTO_TEST_CASE(an_old_tables_writers_never_get_an_error) {
    for (const std::string type : {"text", "uuid"}) {
        BOOST_TEST_CONTEXT(type) {
            test_database database;
            database.exec("create table public.organizations (organization_id " + type +
                          ", api_keys jsonb);"
                          "create table public.device_credentials (device_id " +
                          type + ", device_secret text, organization_id " + type +
                          ", metadata json, place point, status text)");
            database.migrate();
            const std::string id = "'11111111-1111-4111-8111-111111111111'";
            database.exec("insert into public.device_credentials (device_id, status, metadata)"
                          " values (" +
                          id + ", 'active', '{}'), (" + id +
                          ", 'active', null), (null, 'active', '{}')");
            database.exec("update public.device_credentials set metadata = '{\"a\": 1}'");
            database.exec("update public.device_credentials set status = null");
            database.exec("update public.device_credentials set status = 'active'");
            database.exec("delete from public.device_credentials");
            BOOST_TEST(database.value("select string_agg(kind || ' ' || value, ';')"
                                      " from latchkey.revocations") ==
                       "credential 11111111-1111-4111-8111-111111111111");
            database.exec("insert into public.device_credentials (device_id, status) values (null,"
                          " 'x'), (" +
                          id + ", 'active')");
            database.exec("truncate public.device_credentials");
            BOOST_TEST(database.value("select count(*) from latchkey.changes"
                                      " where array_position(names, null) is not null") == "0");
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

// Partitioned old tables: writes to a partition are seen, and so are partitions that come or go.
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;

namespace {

std::string array_of(char digit) {
    return R"('[{"key_hash": ")" + std::string(64, digit) + R"(", "key_id": ")" + digit + R"("}]')";
}

struct partitioned : test_database {
    partitioned() {
        exec(
            "create table public.organizations (organization_id text primary key, name text,"
            " api_keys jsonb, status text default 'active') partition by list (organization_id);"
            "create table public.org_a partition of public.organizations for values in ('a', 'aa');"
            "create table public.org_b partition of public.organizations for values in ('b');"
            "create table public.device_credentials (device_id text primary key,"
            " device_secret text, organization_id text, status text default 'active')"
            " partition by list (device_id);"
            "create table public.dev_1 partition of public.device_credentials"
            " for values in ('d1', 'd2');"
            "create table public.dev_3 partition of public.device_credentials default;"
            "insert into public.organizations values ('a', 'n', " +
            array_of('1') + ");" + "insert into public.device_credentials values ('d1', 's', 'a')");
        migrate();
        told();
    }
    std::string told() {
        const auto out =
            value("select coalesce(string_agg(distinct kind || coalesce(' ' || nullif(case kind"
                  " when 'revocations' then names[1] || names[3] else array_to_string(names, '+')"
                  " end, ''), ''), ', '), '') from latchkey.changes");
        exec("delete from latchkey.changes");
        return out;
    }
    std::string good_keys() {
        return value("select coalesce(string_agg(key_id || organization_id, ' ' order by key_id),"
                     " '') from latchkey.api_keys where enabled and revoked_at is null");
    }
    std::string revoked() {
        return value("select coalesce(string_agg(value, ' ' order by value), '')"
                     " from latchkey.revocations");
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(partitions, partitioned)

BOOST_AUTO_TEST_CASE(a_partition_that_is_written_directly_is_seen) {
    BOOST_TEST(good_keys() == "1a");
    exec("insert into public.org_b values ('b', 'n', " + array_of('2') + ")");
    BOOST_TEST(good_keys() == "1a 2b");
    BOOST_TEST(told() == "api_keys, organizations b");
    exec("update public.org_a set status = 'off'");
    BOOST_TEST(told() == "organizations a, revocations +disabled_organizationa");
    exec("update public.org_a set organization_id = 'aa', status = 'active'");
    BOOST_TEST(good_keys() == "1aa 2b");
    BOOST_TEST(revoked() == "");
    exec("delete from public.org_b");
    BOOST_TEST(good_keys() == "1aa");
    exec("insert into public.dev_1 (device_id, device_secret) values ('d2', 's')");
    told();
    exec("update public.dev_1 set status = 'off' where device_id = 'd2'");
    BOOST_TEST(told() == "api_keys device 1 d2, credentials +d2, devices d2");
    exec("update public.dev_1 set device_secret = 't' where device_id = 'd2'");
    BOOST_TEST(told() == "devices d2");
}

BOOST_AUTO_TEST_CASE(and_so_is_what_is_written_through_the_table) {
    exec("insert into public.organizations values ('b', 'n', " + array_of('2') + ")");
    exec("update public.organizations set status = 'off'");
    BOOST_TEST(revoked() == "a b");
    exec("update public.device_credentials set device_id = 'd7' where device_id = 'd1'");
    BOOST_TEST(revoked() == "a b d1");
    exec("truncate public.organizations, public.device_credentials");
    BOOST_TEST(good_keys() == "");
    BOOST_TEST(revoked() == "1 2 a b d1 d7");
}

BOOST_AUTO_TEST_CASE(one_that_is_truncated_loses_its_own_rows_only) {
    exec("insert into public.organizations values ('b', 'n', " + array_of('2') + ");" +
         "insert into public.device_credentials (device_id, device_secret) values ('d7', 's')");
    told();
    exec("truncate public.org_b");
    BOOST_TEST(good_keys() == "1a");
    BOOST_TEST(told() ==
               "api_keys, api_keys api_key 1 2, credentials +2, organizations b, revocations "
               "+disabled_organizationb");
    exec("truncate public.dev_1");
    BOOST_TEST(told() == "api_keys device 1 d1, credentials +d1, devices d1");
}

// What moves to another partition is deleted there and inserted here: what ended stays so.
BOOST_AUTO_TEST_CASE(a_device_that_moves_between_partitions_takes_its_generation_along) {
    const auto lives = [](test_database& database) {
        return database.value("select d.generation || ' ' || e.below from"
                              " public.device_credentials d, latchkey.ended_generations e"
                              " where d.device_id = 'd1' and e.credential_id = 'd1'");
    };
    test_database by_status;
    by_status.exec("create table public.device_credentials (device_id text, device_secret text,"
                   " organization_id text, status text) partition by list (status);"
                   "create table public.good partition of public.device_credentials"
                   " for values in ('active');"
                   "create table public.bad partition of public.device_credentials default");
    by_status.migrate();
    by_status.exec("insert into public.device_credentials values ('d1', 's', 'o', 'active')");
    by_status.exec("update public.device_credentials set status = 'off'");
    BOOST_TEST(lives(by_status) == "1 1");
    by_status.exec("update public.device_credentials set status = 'active'");
    BOOST_TEST(lives(by_status) == "2 2");
    // One that comes from elsewhere brings along what has ended.
    by_status.exec("insert into public.device_credentials (device_id, status, generation)"
                   " values ('d9', 'active', 7)");
    BOOST_TEST(by_status.value("select below from latchkey.ended_generations"
                               " where credential_id = 'd9'") == "7");
    // So do the devices of a partition that is detached and attached.
    exec("alter table public.device_credentials detach partition public.dev_1");
    exec("alter table public.device_credentials attach partition public.dev_1"
         " for values in ('d1', 'd2')");
    BOOST_TEST(lives(*this) == "1 1");
}

BOOST_AUTO_TEST_CASE(one_that_comes_or_goes_is_followed) {
    exec("alter table public.organizations detach partition public.org_a");
    BOOST_TEST(good_keys() == "");
    BOOST_TEST(revoked() == "1 a");
    BOOST_TEST(told().find("everything") != std::string::npos);
    exec("alter table public.organizations attach partition public.org_a for values in ('a')");
    BOOST_TEST(good_keys() == "1a");
    BOOST_TEST(revoked() == "");
    exec("create table public.org_c (like public.organizations including all);"
         "insert into public.org_c values ('c', 'n', " +
         array_of('3') + ", 'off');" +
         "alter table public.organizations attach partition public.org_c for values in ('c')");
    BOOST_TEST(good_keys() == "1a 3c");
    BOOST_TEST(revoked() == "c");
    exec("truncate public.org_c");
    BOOST_TEST(good_keys() == "1a");
    told();
    exec("alter table public.device_credentials detach partition public.dev_1");
    BOOST_TEST(revoked() == "3 c d1");
    exec("drop table public.org_a");
    BOOST_TEST(good_keys() == "");
    BOOST_TEST(told().find("everything") != std::string::npos);
    BOOST_TEST(value("select latchkey.follow_partitions()") == "NULL");
}

// If the owner is no superuser, there is no event trigger, and changes are found when asked for.
BOOST_AUTO_TEST_CASE(it_is_found_when_asked_for) {
    exec("drop event trigger latchkey_partitions");
    exec("alter table public.organizations detach partition public.org_a");
    BOOST_TEST(good_keys() == "1a");
    BOOST_TEST(value("select latchkey.follow_partitions()") == "detached public.org_a");
    BOOST_TEST(good_keys() == "");
}

BOOST_AUTO_TEST_CASE(tables_that_inherit_are_refused_with_the_reason) {
    test_database database;
    database.exec("create table public.organizations (organization_id text primary key,"
                  " api_keys jsonb);"
                  "create table public.more () inherits (public.organizations)");
    BOOST_CHECK_EXCEPTION(database.migrate(), std::runtime_error, [](const auto& e) {
        return std::string(e.what()).find("tables inherit from") != std::string::npos;
    });
}

// Changes were deleted before a node read them: it drops everything.
BOOST_AUTO_TEST_CASE(a_truncated_feed_tells_so) {
    exec("update public.organizations set status = 'off'");
    exec("truncate latchkey.changes");
    BOOST_TEST(told() == "everything");
}

BOOST_AUTO_TEST_SUITE_END()

// Which of the five indexes that were planned serves which query, according to EXPLAIN.
#include "pg/writes/device_object_statements.hpp"
#include "support.hpp"

#include "pg/statements.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;

namespace {

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::string plan_of(test_database& database, const std::string& query) {
    std::string plan;
    for (const auto& line : database.query("explain (costs off) " + query))
        plan += line[0].value() + "\n";
    return plan;
}

// The old service's queries.
const std::string by_key_hash =
    "select organization_id from public.organizations where api_keys @> '[{\"key_hash\": \"" +
    std::string(64, 'a') + "\"}]'";
const std::string by_key_hash_path =
    "select organization_id from public.organizations where api_keys -> 'key_hash' = '\"" +
    std::string(64, 'a') + "\"'";
const std::string by_device = "select organization_id from public.device_credentials"
                              " where device_id = 'device-77' and status = 'active'";
const std::string by_device_and_secret = by_device + " and device_secret = 'secret-77'";
const std::string by_organization = "select device_id from public.device_credentials"
                                    " where organization_id = 'org-7' and status = 'disabled'";

// The triggers of the mirror and the feed would only take time.
const std::string without_triggers = "alter table public.organizations disable trigger user;"
                                     "alter table public.device_credentials disable trigger user;";

// Old tables without indexes but those that a test makes.
struct old_tables : test_database {
    old_tables() {
        exec("create table public.organizations (organization_id text, api_keys jsonb);"
             "create table public.device_credentials (device_id text, device_secret text,"
             " organization_id text, status text)");
        fill();
    }
    void fill() {
        exec(without_triggers +
             "insert into public.organizations (organization_id, api_keys)"
             " select 'org-' || n, jsonb_build_array(jsonb_build_object('key_hash',"
             " encode(sha256(n::text::bytea), 'hex'))) from generate_series(1, 5000) n;"
             "insert into public.device_credentials"
             " (device_id, device_secret, organization_id, status)"
             " select 'device-' || n, 'secret-' || n, 'org-' || n % 500,"
             " case when n % 10 = 0 then 'disabled' else 'active' end"
             " from generate_series(1, 20000) n; analyze");
    }
};

// Whether anything is held is asked once, of a table that is nearly always empty.
std::string without_holds(std::string plan) {
    const std::string scan = "Seq Scan on holds";
    for (auto at = plan.find(scan); at != std::string::npos; at = plan.find(scan))
        plan.erase(at, scan.size());
    return plan;
}

} // namespace

BOOST_AUTO_TEST_SUITE(planned_indexes)

BOOST_AUTO_TEST_CASE(each_alone) {
    struct {
        std::string index, query;
        bool serves;
    } const cases[] = {
        {"public.organizations using gin (api_keys)", by_key_hash, true},
        {"public.organizations using gin (api_keys jsonb_path_ops)", by_key_hash, true},
        {"public.organizations using gin ((api_keys -> 'key_hash'))", by_key_hash, false},
        {"public.organizations using gin ((api_keys -> 'key_hash'))", by_key_hash_path, false},
        {"public.device_credentials (device_id) where status = 'active'", by_device, true},
        {"public.device_credentials (device_id) where status = 'active'", by_device_and_secret,
         true},
        {"public.device_credentials (organization_id, status)", by_organization, true},
        {"public.device_credentials (organization_id, status)", by_device, false},
        {"public.device_credentials (device_id, device_secret) where status = 'active'",
         by_device_and_secret, true},
    };
    old_tables database;
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.index << " for " << c.query) {
            database.exec("create index planned on " + c.index + "; analyze");
            BOOST_TEST(contains(plan_of(database, c.query), " planned") == c.serves);
            database.exec("drop index planned");
        }
    }
}

// An array has no member of that name: every row has NULL there.
BOOST_AUTO_TEST_CASE(the_gin_index_on_key_hash_holds_nothing_to_find) {
    old_tables database;
    database.exec("create index planned on public.organizations using gin"
                  " ((api_keys -> 'key_hash')); analyze");
    BOOST_TEST(database.value("select count(*) from public.organizations"
                              " where api_keys -> 'key_hash' is not null") == "0");
    // Even when it is used it finds nothing, since no row has what it indexes.
    database.exec("set enable_seqscan = off");
    const auto hash = database.value("select encode(sha256('7'::bytea), 'hex')");
    BOOST_TEST(database
                   .query("select from public.organizations where (api_keys -> 'key_hash') @> '\"" +
                          hash + "\"'")
                   .empty());
    BOOST_TEST(database
                   .query("select from public.organizations where api_keys @> '[{\"key_hash\": \"" +
                          hash + "\"}]'")
                   .size() == 1u);
}

// A device has one row, so with the smaller index only one secret is left to compare.
BOOST_AUTO_TEST_CASE(the_index_on_device_and_secret_adds_nothing) {
    old_tables database;
    database.exec("create index by_device on public.device_credentials (device_id)"
                  " where status = 'active'; analyze");
    const auto plan =
        "explain (analyze, costs off, timing off, summary off) " + by_device_and_secret;
    std::string text;
    for (const auto& line : database.query(plan))
        text += line[0].value() + "\n";
    BOOST_TEST(contains(text, " by_device"));
    BOOST_TEST(contains(text, "rows=1 "));
    BOOST_TEST(!contains(text, "Rows Removed"));
}

BOOST_AUTO_TEST_CASE(what_migrate_makes_serves_the_old_queries) {
    old_tables database;
    database.migrate();
    database.exec("analyze");
    struct {
        std::string query, index;
    } const cases[] = {
        {by_key_hash, "organizations_api_keys_idx"},
        {by_device, "device_credentials_active_device_id_idx"},
        {by_device_and_secret, "device_credentials_active_device_id_idx"},
        {by_organization, "device_credentials_organization_id_status_idx"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.query) {
            BOOST_TEST(contains(plan_of(database, c.query), c.index));
        }
}

// No sequential scan, for identifiers of type text, uuid or varchar.
BOOST_AUTO_TEST_CASE(the_look_up_uses_indexes_only) {
    for (const std::string type : {"text", "uuid", "character varying(64)"}) {
        BOOST_TEST_CONTEXT(type) {
            test_database database;
            database.exec("create table public.organizations (organization_id " + type +
                          ", api_keys jsonb default '[]')");
            database.migrate();
            database.exec(without_triggers +
                          "insert into public.organizations (organization_id)"
                          " select md5(n::text)::uuid::text::" +
                          type +
                          " from generate_series(1, 20000) n;"
                          "insert into latchkey.api_keys (key_hash, key_id, organization_id)"
                          " select sha256(n::text::bytea), 'k' || n,"
                          " md5((1 + n % 20000)::text)::uuid::text::" +
                          type + " from generate_series(1, 20000) n; analyze");
            database.exec("prepare look_up (bytea[]) as " +
                          std::string(pg::statements::find_api_keys.text));
            // The generic plan and the custom plan, for one key and for many.
            for (const std::string mode : {"force_generic_plan", "force_custom_plan"}) {
                for (const std::string count : {"1", "32"}) {
                    BOOST_TEST_CONTEXT(mode << ", keys: " << count) {
                        database.exec("set plan_cache_mode = " + mode);
                        const auto keys =
                            database.value("select array_agg(sha256(n::text::bytea))::text"
                                           " from generate_series(1, " +
                                           count + ") n");
                        const auto plan = plan_of(database, "execute look_up ('" + keys + "')");
                        BOOST_TEST_INFO(plan);
                        BOOST_TEST(!contains(without_holds(plan), "Seq Scan"));
                        BOOST_TEST_INFO(plan);
                        BOOST_TEST(contains(plan, "api_keys_pkey"));
                        BOOST_TEST_INFO(plan);
                        BOOST_TEST(contains(plan, "api_keys_previous_hash_idx"));
                    }
                }
            }
        }
    }
}

// The look-up, every write of a device, and pages of all devices and of those to rehash.
BOOST_AUTO_TEST_CASE(devices_are_found_by_an_index) {
    for (const std::string type : {"text", "uuid", "character varying(64)"}) {
        test_database database;
        database.exec("create table public.organizations (organization_id " + type +
                      " primary key, api_keys jsonb);"
                      "create table public.device_credentials (device_id " +
                      type + " primary key, device_secret text, organization_id " + type + ")");
        database.migrate();
        database.exec(without_triggers +
                      "insert into public.organizations (organization_id)"
                      " select md5(n::text)::uuid::text::" +
                      type +
                      " from generate_series(1, 5000) n;"
                      "insert into public.device_credentials"
                      " (device_id, device_secret, organization_id)"
                      " select md5(n::text)::uuid::text::" +
                      type + ", 'sha256:x', md5((1 + n % 5000)::text)::uuid::text::" + type +
                      " from generate_series(1, 20000) n; analyze");
        const auto id = database.value("select device_id from public.device_credentials limit 1");
        const auto keys = [&](const std::string& count) {
            return "'" +
                   database.value("select array_agg(sha256(md5(n::text)::uuid::text::bytea))::text"
                                  " from generate_series(1, " +
                                  count + ") n") +
                   "'";
        };
        using namespace pg::statements;
        const std::string by_key = "device_credentials_device_key_idx";
        struct {
            const pg::statement& what;
            std::string values;
            std::string index;
        } const cases[] = {
            {find_devices, keys("1"), by_key},
            {find_devices, keys("1000"), by_key},
            {show_device, "'" + id + "', null", by_key},
            {rotate_device, "'" + id + "', 's', 1, null", by_key},
            {finish_device_rotation, "'" + id + "', null", by_key},
            {revoke_device, "'" + id + "', 'r', null", by_key},
            {rehash_device, "'" + id + "', 's', 't'", by_key},
            {legacy_devices, "'" + id + "', 100", by_key},
            {change_device, "'" + id + "', null, '{}'", by_key},
            {list_all_devices, "'" + id + "', 100, null, null, null", "device_credentials_pkey"},
            {list_all_devices, "null, 100, 'door', 'active', 1", "device_credentials_pkey"},
            {list_devices_of_organization, "null, 100, null, null, null, '" + id + "'",
             "device_credentials_of_organizations_idx"},
        };
        for (const std::string mode : {"force_generic_plan", "force_custom_plan"}) {
            database.exec("set plan_cache_mode = " + mode);
            for (const auto& c : cases) {
                // Lists are not prepared: each is planned for its values.
                if (std::string_view(c.what.name).starts_with("list_") &&
                    mode == "force_generic_plan")
                    continue;
                BOOST_TEST_CONTEXT(type << ", " << mode << ", " << c.what.name) {
                    database.exec("prepare p as " + std::string(c.what.text));
                    const auto plan = plan_of(database, "execute p (" + c.values + ")");
                    database.exec("deallocate p");
                    BOOST_TEST_INFO(plan);
                    BOOST_TEST(contains(plan, c.index));
                    BOOST_TEST_INFO(plan);
                    BOOST_TEST(!contains(plan, "Seq Scan on device_credentials"));
                }
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

// PostgREST publishes schema public to its roles. They must not get at the tables that migrate
// makes there.
#include "../integration/support.hpp"
#include "private_cluster.hpp"

#include <latchkey/pg/migrate/migrations.hpp>

using namespace latchkey;
using namespace latchkey::test;

namespace {

// Supabase's roles with their default rights, and the older service's role.
constexpr const char* roles = "create role anon; create role authenticated;"
                              "create role service_role; create role app; create role later";
constexpr const char* default_rights =
    "alter default privileges in schema public grant all on tables"
    " to anon, authenticated, service_role, app";
constexpr const char* open_to =
    "select string_agg(distinct grantee::text, ' ' order by grantee::text)"
    " from information_schema.role_table_grants where grantee <> 'latchkey'"
    " and table_schema = 'public' and table_name = ";
constexpr const char* is_closed =
    "select relrowsecurity from pg_class where oid = 'public.device_credentials'::regclass";

std::string migrate(const std::string& uri) {
    pg::configuration settings;
    settings.uri = crypto::secret(uri);
    std::string said;
    const auto done = pg::migrate(settings, pg::migrations(), auth::legacy_device_secret::plaintext,
                                  [&](std::string_view line) { said += std::string(line) + '\n'; });
    BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message));
    return said;
}

} // namespace

BOOST_AUTO_TEST_SUITE(closed_tables)

BOOST_AUTO_TEST_CASE(what_is_made_is_closed_and_what_was_there_is_not_touched) {
    private_cluster cluster;
    session owner(cluster.uri());
    owner.exec(roles);
    owner.exec(default_rights);
    BOOST_TEST(migrate(cluster.uri())
                   .find("public.organizations is new, and closed to anon, authenticated") !=
               std::string::npos);
    for (const std::string table : {"organizations", "device_credentials"}) {
        BOOST_TEST_CONTEXT(table) {
            BOOST_TEST(owner.value(open_to + ("'" + table + "'")) == "app service_role");
            BOOST_TEST(owner.value("select relrowsecurity from pg_class where oid = 'public." +
                                   table + "'::regclass") == "t");
            BOOST_TEST(owner.value("select roles from pg_policies where tablename = '" + table +
                                   "'") == "{app,service_role}");
        }
    }
    owner.exec("insert into public.organizations (organization_id) values ('o')");
    session other(cluster.uri());
    for (const std::string role : {"anon", "authenticated"}) {
        other.exec("set role " + role);
        BOOST_TEST(other.sqlstate_of("select * from public.organizations") == "42501");
        other.exec("reset role");
    }
    other.exec("set role app");
    BOOST_TEST(other.value("select count(*) from public.organizations") == "1");
    other.exec("insert into public.organizations (organization_id) values ('p')");
    BOOST_TEST(other.value("select count(*) from public.organizations") == "2");
    // A role that gets rights later sees nothing until a policy allows it.
    owner.exec("grant select on public.organizations to later, anon");
    other.exec("reset role; set role later");
    BOOST_TEST(other.value("select count(*) from public.organizations") == "0");
    // A later run has made no table, so it takes no rights away.
    BOOST_TEST(migrate(cluster.uri()) == "");
    BOOST_TEST(owner.value(open_to + std::string("'organizations'")) ==
               "anon app later service_role");
}

BOOST_AUTO_TEST_CASE(tables_of_the_older_service_stay_as_open_as_they_were) {
    private_cluster cluster;
    session(cluster.uri()).exec(roles);
    session owner(cluster.uri());
    owner.exec(default_rights);
    owner.exec("create table public.organizations (organization_id text, api_keys jsonb)");
    const auto said = migrate(cluster.uri());
    BOOST_TEST(said.find("public.organizations is new") == std::string::npos);
    BOOST_TEST(said.find("public.device_credentials is new") != std::string::npos);
    BOOST_TEST(owner.value(open_to + std::string("'organizations'")) ==
               "anon app authenticated service_role");
    BOOST_TEST(owner.value("select relrowsecurity from pg_class where oid ="
                           " 'public.organizations'::regclass") == "f");
    BOOST_TEST(owner.value(is_closed) == "t");
}

BOOST_AUTO_TEST_CASE(without_such_roles_nothing_is_closed) {
    migrated_database database;
    BOOST_TEST(database.value(is_closed) == "f");
}

BOOST_AUTO_TEST_SUITE_END()

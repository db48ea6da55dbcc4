// What `latchkey setup` does in a PostgreSQL where something is there already, and for whom.
#include "setup_machine.hpp"

#include <boost/json/serialize.hpp>

using namespace latchkey::test;

namespace {

struct quoted_machine : machine {
    quoted_machine() : machine(" \t\"x\\'$role") {}
};

// The older service's database, which its own role owns.
struct owned_machine : machine {
    owned_machine() {
        session server(server_uri());
        server.exec("create role " + app + " login");
        server.exec("create database " + name + " owner " + app);
        session(app_uri()).exec("create table public.organizations (organization_id text primary"
                                " key, name text, api_keys jsonb, status text)");
    }
    std::string app_uri() const { return with_name(server_uri(), app, name); }
    const std::string app = name + "_app";
};

bool says(const outcome& done, std::string_view text) {
    return (done.out + done.err).find(text) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(setup_database)

BOOST_FIXTURE_TEST_CASE(names_of_any_characters_are_names, quoted_machine) {
    const auto done = set_up({"--yes", "--json"});
    BOOST_TEST(done.exit_code == 0, done.err);
    BOOST_TEST(states_of(done).starts_with("database:changed schema:changed rights:changed"));
    BOOST_TEST(states_of(set_up({"schema", "--yes", "--json"})) == "schema:done rights:done");
    BOOST_TEST(session(uri()).value("select current_user") == name);

    // What the doctor proposes can be run as it stands.
    session server(superuser_uri());
    server.exec("revoke usage on schema latchkey from " + in_sql(name));
    const auto looked = run({latchkey_binary(), "doctor", "--json", "--set", "admin.socket=/none"},
                            {"LATCHKEY_DATABASE__URI=" + uri()});
    const auto grant = boost::json::serialize(
        boost::json::string("grant usage on schema latchkey to " + in_sql(name)));
    BOOST_TEST(says(looked, grant.substr(1, grant.size() - 2)), looked.out);
}

// The session of a superuser must not meet code of another role.
BOOST_FIXTURE_TEST_CASE(another_roles_database_is_left_to_its_owner, owned_machine) {
    BOOST_TEST(states_of(set_up({"database", "--yes", "--json"})) == "database:changed");
    const auto left = set_up({"schema", "--yes", "--json"});
    BOOST_TEST(states_of(left) == "schema:left rights:left", left.err);
    BOOST_TEST(says(left, app));
    BOOST_TEST(says(left, "--admin-uri"));
    BOOST_TEST(session(superuser_uri()).value("select to_regnamespace('latchkey') is null") == "t");

    const auto done = set_up_by(app_uri(), {"schema", "--yes", "--json"});
    BOOST_TEST(states_of(done) == "schema:changed rights:changed", done.err);
    session owner(app_uri());
    owner.exec("create or replace function latchkey.trigger_problem() returns text language plpgsql"
               " as $$ begin perform set_config('role', session_user, true);"
               " execute 'alter role " +
               app + " superuser'; return ''; end $$");
    for (const auto* how : {"--dry-run", "--yes"})
        BOOST_TEST(states_of(set_up({"schema", how, "--json"})) == "schema:left rights:left");
    BOOST_TEST(owner.value("select rolsuper from pg_roles where rolname = current_user") == "f");
}

BOOST_FIXTURE_TEST_CASE(a_trigger_of_another_role_is_somebody_elses_code, machine) {
    BOOST_REQUIRE(set_up({"database", "--yes"}).exit_code == 0);
    session server(superuser_uri());
    server.exec("create role " + name +
                "_app; create table public.organizations (organization_id"
                " text primary key, name text, api_keys jsonb, status text);"
                "create function public.f() returns trigger language plpgsql as"
                " 'begin return new; end';"
                "create trigger t before update on public.organizations for each row"
                " execute function public.f()");
    BOOST_TEST(states_of(set_up({"schema", "--dry-run", "--json"})) == "schema:to_do rights:to_do");
    server.exec("alter function public.f() owner to " + name + "_app");
    const auto left = set_up({"schema", "--yes", "--json"});
    BOOST_TEST(states_of(left) == "schema:left rights:left");
    BOOST_TEST(says(left, "f()"));
}

BOOST_FIXTURE_TEST_CASE(an_owner_that_can_log_in_is_refused, machine) {
    session server(server_uri());
    server.exec("create role " + name + "_owner login");
    const auto left = set_up({"database", "--yes", "--json"});
    BOOST_TEST(left.exit_code == 0, left.err);
    BOOST_TEST(states_of(left) == "database:left");
    BOOST_TEST(says(left, "can log in"));
    BOOST_TEST(!has_database());
    server.exec("alter role " + name + "_owner nologin");
    BOOST_TEST(states_of(set_up({"database", "--yes", "--json"})) == "database:changed");
    server.exec("alter role " + name + " superuser");
    BOOST_TEST(says(set_up({"database", "--yes", "--json"}), "nosuperuser"));
    server.exec("alter role " + name + " nosuperuser; alter role " + name + "_owner login");
    BOOST_TEST(states_of(set_up({"schema", "--yes", "--json"})) == "schema:left rights:left");
    // A role that may act as the owner may do as much.
    server.exec("alter role " + name + "_owner nologin; grant " + name + "_owner to " + name);
    BOOST_TEST(states_of(set_up({"schema", "--yes", "--json"})) == "schema:left rights:left");
    server.exec("revoke " + name + "_owner from " + name);
    BOOST_TEST(states_of(set_up({"schema", "--yes", "--json"})) == "schema:changed rights:changed");
}

BOOST_FIXTURE_TEST_CASE(an_administrator_need_not_be_a_superuser, machine) {
    const auto admin = name + "_admin";
    session(server_uri()).exec("create role " + admin + " login createrole createdb");
    const auto by = with_name(server_uri(), admin, "postgres");
    const auto done = set_up_by(by, {"--yes", "--json"});
    BOOST_TEST(done.exit_code == 0, done.err);
    BOOST_TEST(states_of(done) == "database:changed schema:changed rights:changed key:changed "
                                  "enable:changed start:left");
    BOOST_TEST(states_of(set_up_by(by, {"schema", "--yes", "--json"})) ==
               "schema:done rights:done");
    session(server_uri()).exec("revoke " + name + "_owner from " + admin);
}

BOOST_FIXTURE_TEST_CASE(a_database_that_was_left_open_is_closed, machine) {
    BOOST_REQUIRE(set_up({"database", "--yes"}).exit_code == 0);
    session server(server_uri());
    server.exec("grant connect on database " + name + " to public; revoke connect on database " +
                name + " from " + name);
    BOOST_TEST(states_of(set_up({"database", "--yes", "--json"})) == "database:changed");
    BOOST_TEST(session(uri()).value("select current_user") == name);
    BOOST_TEST(server.value("select exists (select from pg_database d, aclexplode(datacl) a where"
                            " datname = '" +
                            name + "' and a.grantee = 0)") == "f");
    BOOST_TEST(states_of(set_up({"database", "--yes", "--json"})) == "database:done");
}

BOOST_FIXTURE_TEST_CASE(a_password_that_the_role_lacks_is_left_to_a_person, machine) {
    auto with_password = uri();
    with_password.insert(with_password.find('@'), ":pw");
    const auto made = run({latchkey_binary(), "setup", "database", "--yes", "--json", "--root",
                           folder.file(""), "--admin-uri", server_uri()},
                          {"LATCHKEY_DATABASE__URI=" + with_password, "PATH=/usr/bin:/bin"});
    BOOST_TEST(states_of(made) == "database:left", made.err);
    BOOST_TEST(says(made, "password"));
    BOOST_TEST(has_database());
}

BOOST_AUTO_TEST_SUITE_END()

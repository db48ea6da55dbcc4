// Reasons why the store cannot answer, the sentences that tell them, and the recovery.
#include "running_store.hpp"
#include "support.hpp"

#include <latchkey/pg/migrate/migrations.hpp>

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstdlib>

using namespace latchkey;
using namespace latchkey::test;

namespace {

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

std::string problem_of(running_store& running) {
    running.run_until([&] { return contains(running.log.text, "cannot be used"); });
    return running.store.status().problem;
}

// The destructor resumes the backend: a stopped one could not be dropped with its database.
class paused_process {
  public:
    explicit paused_process(pid_t pid) : pid_(pid) { ::kill(pid_, SIGSTOP); }
    ~paused_process() { ::kill(pid_, SIGCONT); }
    paused_process(const paused_process&) = delete;
    paused_process& operator=(const paused_process&) = delete;

  private:
    pid_t pid_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(unusable_database)

BOOST_AUTO_TEST_CASE(never_migrated_until_it_is) {
    test_database database;
    running_store running(database.configuration());

    BOOST_TEST(contains(problem_of(running), "run latchkey migrate"));
    BOOST_TEST(running.ask(key_number(1)) == "the database is not reachable");
    BOOST_TEST(!running.store.status().contacted);

    database.migrate();
    database.exec(fill_with_keys(1));
    running.wait_until_reachable();
    BOOST_TEST(running.ask(key_number(1)) == "found");
}

BOOST_AUTO_TEST_CASE(a_migration_is_pending_or_changed) {
    migrated_database database;
    database.exec("update latchkey.schema_migrations set checksum = 'x' where version = 1");
    {
        running_store running(database.configuration());
        BOOST_TEST(contains(problem_of(running), "was changed after it was applied"));
    }
    database.exec("delete from latchkey.schema_migrations where version > 1");
    database.exec("update latchkey.schema_migrations set checksum = '" +
                  pg::checksum_of(pg::migrations()[0]) + "'");
    {
        running_store running(database.configuration());
        BOOST_TEST(contains(problem_of(running), "is pending: run latchkey migrate"));
    }
}

BOOST_AUTO_TEST_CASE(newer_than_the_binary_is_fine) {
    migrated_database database;
    database.exec("insert into latchkey.schema_migrations values (900, '0900_later', 'x')");
    running_store running(database.configuration());

    BOOST_TEST(running.ask(key_number(1)) == "absent");
}

BOOST_AUTO_TEST_CASE(missing_until_it_appears) {
    test_database database;
    const auto later = database.name() + "_later";
    auto settings = database.configuration();
    auto uri = database.uri();
    uri.replace(uri.find(database.name()), database.name().size(), later);
    settings.uri = crypto::secret(uri);
    running_store running(settings);
    BOOST_TEST(contains(problem_of(running), "does not exist"));
    BOOST_TEST(running.ask(key_number(1)) == "the database is not reachable");

    database.migrate();
    database.exec("select pg_terminate_backend(pid) from pg_stat_activity where datname = '" +
                  database.name() + "' and pid <> pg_backend_pid()");
    session server(server_uri());
    // CREATE DATABASE needs its template to have no other sessions.
    server.exec("alter database " + database.name() + " with allow_connections false");
    server.exec("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '" +
                database.name() + "'");
    server.exec("create database " + later + " template " + database.name());
    running.wait_until_reachable();
    BOOST_TEST(running.ask(key_number(1)) == "absent");

    running.store.stop();
    server.exec("drop database " + later + " with (force)");
}

BOOST_AUTO_TEST_CASE(a_role_without_rights) {
    migrated_database database;
    const auto role = database.make_role();
    running_store running(database.configuration(role));

    // Latchkey's own table of migrations is the first that the role may not read.
    BOOST_TEST(contains(problem_of(running), "permission denied"));
    BOOST_TEST(running.ask(key_number(1)) == "the database is not reachable");

    database.exec("grant usage on schema latchkey to " + role);
    database.exec("grant select on all tables in schema latchkey to " + role);
    running.run_until([&] {
        return contains(running.store.status().problem,
                        "permission denied for table organizations");
    });

    database.exec("grant select on public.organizations to " + role);
    running.run_until([&] {
        return contains(running.store.status().problem,
                        "permission denied for table device_credentials");
    });

    database.exec("grant select on public.device_credentials to " + role);
    running.wait_until_reachable();
    BOOST_TEST(running.ask(key_number(1)) == "absent");
    database.exec("drop owned by " + role);
}

// Such a role would see no rows in tables that have some.
BOOST_AUTO_TEST_CASE(a_role_under_row_level_security) {
    for (const std::string table :
         {"latchkey.api_keys", "public.organizations", "public.device_credentials"}) {
        BOOST_TEST_CONTEXT(table) {
            migrated_database database;
            database.exec(fill_with_keys(1));
            const auto role = database.make_role();
            database.exec("grant usage on schema latchkey to " + role);
            database.exec("grant select on all tables in schema latchkey, public to " + role);
            database.exec("alter table " + table + " enable row level security");
            running_store running(database.configuration(role));

            BOOST_TEST(contains(problem_of(running), "row-level security policy"));
            BOOST_TEST(running.ask(key_number(1)) == "the database is not reachable");
            database.exec("drop owned by " + role);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_unreachable_server_refuses_at_once) {
    pg::configuration settings;
    settings.uri = crypto::secret(std::string("postgresql://nobody:hunter2@/x?host=/nowhere"));
    running_store running(settings);

    BOOST_TEST(contains(problem_of(running), "the database is not reachable"));
    // Refused at the end of the loop's turn: no deadline is waited for.
    question q(key_number(1));
    running.store.find_api_key(q);
    running.loop.poll();
    BOOST_TEST(q.outcome() == "the database is not reachable");
    BOOST_TEST(!contains(running.log.text, "hunter2"));
    BOOST_TEST(!contains(running.store.status().problem, "hunter2"));
}

BOOST_AUTO_TEST_CASE(a_uri_that_cannot_be_read_is_not_quoted) {
    pg::configuration settings;
    settings.uri = crypto::secret(std::string("postgresql://nobody:hunter2@[::1/x"));
    running_store running(settings);

    BOOST_TEST(contains(problem_of(running), "database.uri"));
    BOOST_TEST(!contains(running.log.text, "hunter2"));
    BOOST_TEST(running.ask(key_number(1)) == "the database is not reachable");
}

BOOST_AUTO_TEST_CASE(a_locked_table_ends_with_the_deadline_and_heals) {
    migrated_database database;
    database.exec(fill_with_keys(1));
    auto settings = database.configuration();
    settings.query_timeout = core::milliseconds(200);
    running_store running(settings);
    running.wait_until_reachable();
    BOOST_TEST(running.ask(key_number(1)) == "found");

    session other(database.uri());
    other.exec("begin; lock table latchkey.api_keys in access exclusive mode");
    const auto outcome = running.ask(key_number(1));
    BOOST_TEST_INFO(outcome);
    BOOST_TEST((outcome == "the database took too long" ||
                outcome == "the connection to the database broke" ||
                outcome == "no database connection became free in time"));
    other.exec("rollback");

    running.run_until([&] { return running.ask(key_number(1)) == "found"; });
}

BOOST_AUTO_TEST_CASE(a_server_that_says_nothing_is_left) {
    // Process ids of another machine must not be signalled.
    if (std::getenv("LATCHKEY_TEST_DATABASE_URL")) return;
    migrated_database database;
    database.exec(fill_with_keys(1));
    auto settings = database.configuration();
    settings.query_timeout = core::milliseconds(200);
    running_store running(settings, {1, 0});
    running.wait_until_reachable();
    const auto pid = database.value(
        "select pid from pg_stat_activity where application_name = 'latchkey' and datname = '" +
        database.name() + "'");
    const paused_process backend(std::stoi(pid));

    const auto outcome = running.ask(key_number(1));
    BOOST_TEST(outcome == "the connection to the database broke");
    running.run_until([&] { return running.ask(key_number(1)) == "found"; });
}

BOOST_AUTO_TEST_SUITE_END()

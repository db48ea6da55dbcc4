// A reload changes database.uri while look-ups, the feed and writes go on. What works stays until
// another connection is ready in its place.
#include "changing.hpp"
#include "running_feed.hpp"
#include "running_store.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

// A role with the rights of a server's, whose connections are refused until they are allowed.
struct refused_role {
    explicit refused_role(migrated_database& d) : database(d), name(d.make_role()) {
        database.exec("grant pg_read_all_data, pg_write_all_data to " + name);
        database.exec("grant execute on all functions in schema latchkey to " + name);
        database.exec("alter role " + name + " connection limit 0");
    }
    ~refused_role() { database.exec("drop owned by " + name); }
    void allow() { database.exec("alter role " + name + " connection limit -1"); }
    crypto::secret uri() const { return database.configuration(name).uri; }
    std::string sessions() { return sessions_of("usename = '" + name + "'"); }
    std::string sessions_of_others() {
        return sessions_of("usename <> '" + name + "' and application_name = 'latchkey'");
    }

    migrated_database& database;
    const std::string name;

  private:
    std::string sessions_of(const std::string& condition) {
        return database.value("select count(*) from pg_stat_activity where datname = "
                              "current_database() and " +
                              condition);
    }
};

std::string is_older_than_allowed(test_database& database) {
    return database.value("select coalesce(max(clock_timestamp() - backend_start) > '2 s', false)"
                          " from pg_stat_activity where datname = current_database()"
                          " and application_name = 'latchkey'");
}

bool is_uri_unusable(const pg::database_status& s) {
    return s.reachable && s.what == pg::database_problem::uri_unusable &&
           s.problem.starts_with("database.uri was changed, and does not work as it is: ") &&
           s.problem.find("too many connections for role") != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(changed_address)

BOOST_AUTO_TEST_CASE(connections_of_before_outlive_their_age) {
    migrated_database database;
    database.exec(fill_with_keys(1));
    refused_role role(database);
    auto settings = database.configuration();
    settings.recycle = core::seconds(1);
    settings.backoff_max = 50ms;
    running_store running(settings);
    running.wait_until_reachable();
    running.settings.uri = role.uri();
    running.run_until([&] { return is_uri_unusable(running.store.status()); });
    // The database says when they are older than they may be otherwise.
    running.run_until([&] {
        BOOST_REQUIRE(running.ask(key_number(1)) == "found");
        return is_older_than_allowed(database) == "t";
    });
    BOOST_TEST(is_uri_unusable(running.store.status()));
    BOOST_TEST(role.sessions() == "0");

    running.settings.recycle = core::seconds(3600);
    role.allow();
    running.run_until([&] {
        BOOST_REQUIRE(running.ask(key_number(1)) == "found");
        return role.sessions_of_others() == "0";
    });
    BOOST_TEST(role.sessions() != "0");
    BOOST_TEST(running.store.status().problem == "");
}

BOOST_AUTO_TEST_CASE(the_address_of_before_comes_back) {
    migrated_database database;
    refused_role role(database);
    running_store running(database.configuration());
    running.wait_until_reachable();
    running.settings.uri = role.uri();
    running.run_until([&] { return is_uri_unusable(running.store.status()); });
    running.settings.uri = database.configuration().uri;
    running.run_until([&] { return running.store.status().problem.empty(); });
    BOOST_TEST(running.ask(key_number(1)) == "absent");
}

BOOST_AUTO_TEST_CASE(the_feed_is_read_until_its_next_connection_is_ready) {
    migrated_database database;
    database.exec(fill_with_keys(3));
    refused_role role(database);
    running_feed running(database.configuration());
    running.run_until_fresh();
    const auto reads_on = [&] {
        const auto before = core::boot_clock::now();
        running.run_until([&] { return running.known.freshness().boot > before; });
    };
    running.settings.uri = role.uri();
    running.run_until([&] {
        return running.feed->uri_problem().find("too many connections for role") !=
               std::string::npos;
    });
    reads_on();
    database.exec("update latchkey.api_keys set revoked_at = now()");
    running.run_until([&] { return running.sink.revoked().size() == 3; });
    BOOST_TEST(running.feed->problem() == "");

    role.allow();
    running.run_until([&] { return role.sessions_of_others() == "0"; });
    BOOST_TEST(role.sessions() == "1");
    reads_on();
    database.exec("update latchkey.api_keys set revoked_at = null");
    running.run_until([&] { return running.sink.revoked().empty(); });
    BOOST_TEST(running.feed->uri_problem() == "");
    BOOST_TEST(running.sink.beginnings() == 1u); // it went on from where it was
}

BOOST_AUTO_TEST_CASE(the_feed_stays_with_its_database) {
    migrated_database database;
    migrated_database other;
    running_feed running(database.configuration());
    running.run_until_fresh();
    running.settings.uri = other.configuration().uri;
    running.run_until(
        [&] { return running.feed->uri_problem().find("another database") != std::string::npos; });
    BOOST_TEST(running.feed->server().name == database.name());
    BOOST_TEST(running.sink.beginnings() == 1u);
    BOOST_TEST(other.value("select count(*) from latchkey.nodes") == "0");
    // So it does when the connection of before is lost.
    database.exec("select pg_terminate_backend(pid) from pg_stat_activity"
                  " where datname = current_database() and application_name = 'latchkey'");
    running.run_until(
        [&] { return running.feed->problem().find("another database") != std::string::npos; });
    BOOST_TEST(other.value("select count(*) from latchkey.nodes") == "0");
    running.settings.uri = database.configuration().uri;
    running.run_until([&] { return running.feed->problem().empty(); });
    BOOST_TEST(running.sink.beginnings() == 1u);
}

BOOST_AUTO_TEST_CASE(writes_go_on) {
    migrated_database database;
    refused_role role(database);
    changing change(database.configuration());
    int made = 0;
    const auto writes = [&] {
        return change.create(auth::new_organization{"o" + std::to_string(++made), "O"}).has_value();
    };
    BOOST_TEST(writes());
    change.set_uri(role.uri());
    BOOST_TEST(writes());
    BOOST_TEST(writes());
    BOOST_TEST(role.sessions() == "0");
    role.allow();
    change.run_until([&] { return role.sessions_of_others() == "0"; });
    BOOST_TEST(role.sessions() == "1");
    BOOST_TEST(writes());
}

// One kind of look-ups is refused: the other goes on, by connections old and new.
BOOST_AUTO_TEST_CASE(a_right_that_is_taken_away_is_told_until_it_is_back) {
    migrated_database database;
    database.exec(fill_with_keys(1));
    database.exec("insert into public.device_credentials (device_id, device_secret,"
                  " organization_id) values ('d', 'scrypt:ln=15,r=8,p=1$" +
                  std::string(22, 'A') + '$' + std::string(43, 'A') + "', 'acme')");
    const auto role = database.make_role();
    database.exec("grant usage on schema latchkey, public to " + role);
    database.exec("grant select on all tables in schema latchkey, public to " + role);
    auto settings = database.configuration(role);
    // A slow machine must not look like a database that refuses everything.
    settings.acquire_timeout = core::seconds(10);
    settings.query_timeout = core::seconds(10);
    running_store running(settings, {2, 0}, auth::legacy_device_secret::unset, {});
    running.wait_until_reachable();
    const auto asks_key = [&] { return running.ask(key_number(1)); };
    const auto asks_device = [&] {
        device_question q(device_key("d"));
        running.store.find_device(q);
        running.run_until([&] { return q.complete_called; });
        return q.outcome();
    };
    const std::string refused = "the database refused the query";
    struct {
        std::string table;
        std::function<std::string()> asks_for_it;
        std::function<std::string()> asks_other;
    } const cases[] = {{"latchkey.api_keys", asks_key, asks_device},
                       {"public.device_credentials", asks_device, asks_key}};
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.table) {
            running.run_until([&] { return c.asks_for_it() == "found"; });
            database.exec("revoke select on " + c.table + " from " + role);
            BOOST_TEST(c.asks_for_it() == refused);
            const auto told = running.store.status();
            BOOST_TEST(told.reachable);
            BOOST_TEST((told.what == pg::database_problem::right_missing));
            BOOST_TEST(told.problem.find("; as the owner, run: grant select on " + c.table +
                                         " to " + role + "; latchkey doctor prints") !=
                           std::string::npos,
                       told.problem);
            running.settings.recycle = core::seconds(1);
            running.run_until([&] {
                BOOST_REQUIRE(c.asks_other() == "found");
                return is_older_than_allowed(database) == "t";
            });
            BOOST_TEST(c.asks_for_it() == refused);
            BOOST_TEST((running.breaker.state() == core::breaker_state::closed));
            running.settings.recycle = core::seconds(3600);
            // Noticed without anybody's asking.
            database.exec("grant select on " + c.table + " to " + role);
            running.run_until([&] { return running.store.status().problem.empty(); });
            BOOST_TEST(c.asks_for_it() == "found");
        }
    running.store.stop();
    database.exec("drop owned by " + role);
}

BOOST_AUTO_TEST_SUITE_END()

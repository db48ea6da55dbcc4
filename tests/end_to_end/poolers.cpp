// Behind PgBouncer: in session mode, in transaction mode, with too few connections, and with a
// crash on either side of it.
#include "device_server.hpp"
#include "issuing_nodes.hpp"
#include "pooler.hpp"
#include "private_cluster.hpp"

#include <chrono>
#include <thread>

using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

// By the manual, a node needs connections, overflow and four more.
constexpr const char* few_connections = "connections = 4\noverflow = 2\n";
constexpr int enough = 4 + 2 + 5;

outcome migrate_with(const server_process& server) {
    return run({latchkey_binary(), "migrate", "--config", server.config()});
}

std::string key_code(const server_process& server, const std::string& key) {
    return code_of(server.ask(verify(question_of(key))));
}

// Asks on a new connection each time, so that every worker is asked, and for a new key each time,
// so that each is looked up.
bool decides_everything(const server_process& server) {
    static int number = 0;
    for (int i = 0; i < 40; ++i)
        if (key_code(server, "nobodys-" + std::to_string(++number)) != "NOT_FOUND") return false;
    return true;
}

bool decides_nothing(const server_process& server) {
    static int number = 0;
    return key_code(server, "unseen-" + std::to_string(++number)) == "503";
}

std::string status_of(const server_process& server) {
    return server.command({"status", "--json"}).out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(poolers)

// The pause between polls is longer than the test waits, so that only a notification can bring a
// change in time.
BOOST_AUTO_TEST_CASE(a_pool_in_session_mode_is_as_good_as_a_connection) {
    test_database database;
    pooler between(server_uri(), "session", enough);
    server_process server(between.uri(database.name()), "", "", {},
                          few_connections + std::string("feed_interval = \"30s\"\n"));
    const auto migrated = migrate_with(server);
    BOOST_REQUIRE_MESSAGE(migrated.exit_code == 0, migrated.err);
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto key = server.create_key(server.create_organization());
    BOOST_TEST(key_code(server, key) == "VALID");
    BOOST_TEST(gets_cached(server, key));
    database.exec("update latchkey.api_keys set revoked_at = now()");
    BOOST_TEST(soon([&] { return key_code(server, key) == "REVOKED"; }));

    // PgBouncer runs DISCARD ALL when a client goes, so that it leaves no settings behind.
    for (int i = 0; i < enough; ++i) {
        session other(between.uri(database.name()));
        other.exec("set search_path = public; set row_security = on; set datestyle = 'SQL, DMY'; "
                   "prepare find_api_keys as select 1; listen nothing");
    }
    BOOST_TEST(decides_everything(server));
    BOOST_TEST(server.ask(get("/health")).json().at("status").as_string() == "ok");
    BOOST_TEST(server.log().find("hampered") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_migration_through_transaction_mode_is_refused) {
    test_database database;
    for (const int size : {1, 5}) {
        pooler between(server_uri(), "transaction", size);
        server_process server(between.uri(database.name()));
        const auto refused = migrate_with(server);
        BOOST_TEST(refused.exit_code == 69);
        BOOST_TEST(refused.err.find("a pooler in transaction mode") != std::string::npos);
        BOOST_TEST(refused.err.find("direct connection") != std::string::npos);
        BOOST_TEST(refused.err.find("pool_mode = session") != std::string::npos);
        BOOST_TEST(database.value("select to_regnamespace('latchkey')") == "NULL");
    }
}

// In transaction mode each transaction may be on another connection. So no statement is prepared,
// whatever the configuration says, and no session setting is left to others or taken from them.
BOOST_AUTO_TEST_CASE(transaction_mode_is_recognised_and_lived_with) {
    issuing_nodes nodes; // for its database and its key-encryption key
    auto& database = nodes.database;
    database.exec("alter database " + database.name() +
                  " set search_path = 'public'; alter database " + database.name() +
                  " set bytea_output = 'escape'; alter database " + database.name() +
                  " set default_transaction_isolation = 'serializable'");
    pooler between(server_uri(), "transaction", 5);
    server_process server(between.uri(database.name()), "",
                          "[tokens]\nkey_encryption_key_file = \"" + nodes.folder.file("kek") +
                              "\"\n",
                          {}, "prepared_statements = true\n");
    BOOST_REQUIRE(server.wait_for("/readyz", 200));

    const auto organization = server.create_organization();
    const auto key = server.create_key(organization);
    BOOST_TEST(key_code(server, key) == "VALID");
    BOOST_TEST(gets_cached(server, key));
    const auto token = issuing_nodes::issue(server, key);
    BOOST_TEST(issuing_nodes::becomes(server, token, "VALID"));
    const std::vector<std::string> device = {"device",     "register", "--organization",
                                             organization, "--name",   "Door"};
    std::vector<std::string> words = device;
    words.push_back("--json");
    const auto made = boost::json::parse(server.command(words).out).as_object();
    const auto claimed = authenticate(made.at("device_id").as_string().c_str(),
                                      made.at("device_secret").as_string().c_str());
    BOOST_TEST(code_of(server.ask(claimed)) == "VALID");
    BOOST_TEST(decides_everything(server));

    for (int i = 0; i < 20; ++i) {
        session another(between.uri(database.name()));
        BOOST_REQUIRE(another.value("select count(*) from pg_prepared_statements") == "0");
        BOOST_REQUIRE(another.value("show search_path") == "public");
        BOOST_REQUIRE(another.value("show bytea_output") == "escape");
    }

    // An echo that arrives by chance puts it off by another ten seconds.
    BOOST_TEST(server.says("no notification arrives through the pooler", std::chrono::seconds(60)));
    BOOST_TEST(status_of(server).find("within a second") != std::string::npos);
    // The polls bring the change.
    database.exec("update latchkey.api_keys set revoked_at = now()");
    BOOST_TEST(soon([&] { return key_code(server, key) == "REVOKED"; }));
    BOOST_TEST(issuing_nodes::becomes(server, token, "REVOKED"));
    database.exec("update public.device_credentials set status = 'disabled'");
    BOOST_TEST(soon([&] { return code_of(server.ask(claimed)) == "DISABLED"; }));
    // Workers' connections lead to the same server as the feed's, and stay.
    BOOST_TEST(server.log().find("cannot be used") == std::string::npos);
}

// Ten seconds are less than PgBouncer's usual pause after a failed login, fifteen.
BOOST_AUTO_TEST_CASE(a_crash_of_the_pooler_or_behind_it_is_got_over) {
    for (const std::string mode : {"session", "transaction"})
        BOOST_TEST_CONTEXT(mode) {
            private_cluster cluster;
            server_process direct(cluster.uri());
            BOOST_REQUIRE(migrate_with(direct).exit_code == 0);
            pooler between(cluster.uri(), mode, enough);
            server_process server(between.uri("latchkey"), "", "", {}, few_connections);
            BOOST_REQUIRE(server.wait_for("/readyz", 200));
            BOOST_REQUIRE(soon([&] { return decides_everything(server); }));

            between.kill();
            BOOST_TEST(soon([&] { return decides_nothing(server); }));
            between.start();
            BOOST_TEST(soon([&] { return decides_everything(server); }, 10s));

            cluster.signal_all(SIGKILL);
            BOOST_TEST(soon([&] { return decides_nothing(server); }));
            cluster.restart();
            BOOST_TEST(soon([&] { return decides_everything(server); }, 10s));
            BOOST_TEST(server.wait_for("/readyz", 200));
        }
}

BOOST_AUTO_TEST_CASE(a_pooler_that_holds_out_is_told_with_the_setting) {
    private_cluster cluster;
    pooler between(cluster.uri(), "session", enough, "");
    server_process server(between.uri("latchkey"), "", "", {}, few_connections);
    BOOST_REQUIRE(migrate_with(server).exit_code == 0);
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    cluster.signal_all(SIGKILL);
    constexpr auto mend = "server_login_retry (15 s): set it to 1";
    BOOST_TEST(server.says(mend));
    BOOST_TEST(soon([&] { return status_of(server).find(mend) != std::string::npos; }));
}

// The pool has one connection for each of two workers and one for the feed. The operator's command
// gets none. Callers' questions are decided, also after a crash, whoever had the three connections
// at first.
BOOST_AUTO_TEST_CASE(a_pool_of_three_serves_and_says_what_is_missing) {
    migrated_database database;
    pooler between(server_uri(), "session", 3);
    server_process server(between.uri(database.name()), "workers = 2\n");
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    BOOST_REQUIRE(soon([&] { return decides_everything(server); }));
    const auto refused = server.command({"org", "create", "--name", "Test"});
    BOOST_TEST(refused.exit_code == 69);
    BOOST_TEST(refused.err.find("PgBouncer: pool_size") != std::string::npos);
    BOOST_TEST(decides_everything(server));
    between.kill();
    BOOST_TEST(soon([&] { return decides_nothing(server); }));
    between.start();
    BOOST_TEST(soon([&] { return decides_everything(server); }, 3 * patience));
}

BOOST_AUTO_TEST_CASE(a_pool_too_small_to_begin_with_is_named) {
    migrated_database database;
    pooler between(server_uri(), "session", 1);
    server_process server(between.uri(database.name()), "workers = 2\n");
    BOOST_TEST(server.says("PgBouncer: pool_size"));
    BOOST_TEST(
        soon([&] { return status_of(server).find("PgBouncer: pool_size") != std::string::npos; }));
    // A migration gets no second connection.
    const auto refused = migrate_with(server);
    BOOST_TEST(refused.exit_code == 69);
    BOOST_TEST(refused.err.find("PgBouncer: pool_size") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

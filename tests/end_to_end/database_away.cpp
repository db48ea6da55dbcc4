#include "../integration/support.hpp"
#include "cached_keys.hpp"
#include "private_cluster.hpp"
#include "support.hpp"

#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

constexpr auto question = R"({"api_key":"somebody-elses-key"})";

} // namespace

BOOST_AUTO_TEST_SUITE(database_away)

BOOST_AUTO_TEST_CASE(without_a_database_the_process_runs_and_says_why) {
    server_process server("postgresql:///none?host=/nonexistent");
    BOOST_REQUIRE(server.wait_for("/health", 200));
    const auto ready = server.ask(get("/readyz"));
    BOOST_TEST(ready.status == 503);
    BOOST_TEST(ready.field("Retry-After") == "1");
    BOOST_TEST(ready.json().at("code").as_string() == "UNAVAILABLE");
    const auto health = server.ask(get("/health"));
    BOOST_TEST(health.status == 200);
    BOOST_TEST(health.json().at("status").as_string() == "degraded");
    // Anybody may ask, so that nothing else is told.
    const auto check = health.json().at("checks").at("database").as_object();
    BOOST_TEST(check.at("status").as_string() == "failing");
    BOOST_TEST(check.at("code").as_string() == "DATABASE_UNUSABLE");
    BOOST_TEST(check.contains("since"));
    BOOST_TEST(check.size() == 3u);
    // Anybody may ask these, so they must not show where the database is or what it says.
    for (const auto& told : {ready.body, health.body})
        BOOST_TEST(told.find("nonexistent") == std::string::npos);
    const auto status = server.command({"status", "--json"});
    BOOST_TEST(status.out.find("not reachable") != std::string::npos);
    BOOST_TEST(status.out.find("/nonexistent") != std::string::npos);
    BOOST_TEST(server.says("/nonexistent"));
    const auto a = server.ask(verify(question));
    BOOST_TEST(a.status == 503);
    BOOST_TEST(a.field("Retry-After") == "1");
    BOOST_TEST(a.json().at("code").as_string() == "UNAVAILABLE");
}

BOOST_AUTO_TEST_CASE(a_schema_that_is_missing_is_named_and_awaited) {
    test_database database;
    server_process server(database.uri());
    BOOST_TEST(server.ask(get("/readyz")).status == 503);
    BOOST_REQUIRE(server.wait_for("/livez", 200));
    BOOST_TEST(soon([&] {
        return server.command({"status", "--json"}).out.find("run latchkey migrate") !=
               std::string::npos;
    }));
    BOOST_TEST(server.ask(get("/readyz")).status == 503);
    BOOST_TEST(server.ask(verify(question)).status == 503);
    database.migrate();
    BOOST_TEST(server.wait_for("/readyz", 200));
    BOOST_TEST(server.ask(verify(question)).body == R"({"valid":false,"code":"NOT_FOUND"})");
}

BOOST_AUTO_TEST_CASE(a_changed_migration_keeps_it_from_being_ready) {
    migrated_database database;
    database.exec("update latchkey.schema_migrations set checksum = 'other' where version = 2");
    server_process server(database.uri());
    BOOST_TEST(soon([&] {
        const auto reason = server.command({"status", "--json"}).out;
        return reason.find("0002_api_keys was changed") != std::string::npos;
    }));
    BOOST_TEST(server.ask(get("/readyz")).status == 503);
}

// What is cached is answered within the staleness bound, the rest with 503 at once
// or past the deadline; never a guess.
BOOST_AUTO_TEST_CASE(killed_and_back_it_serves_again_without_a_restart) {
    private_cluster cluster;
    server_process server(cluster.uri());
    BOOST_REQUIRE(run({latchkey_binary(), "migrate", "--config", server.config()}).exit_code == 0);
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto key = server.create_key(server.create_organization());
    const auto good = R"({"api_key":")" + key + "\"}";
    BOOST_TEST(server.ask(verify(good)).json().at("valid").as_bool());
    // News of the key would end its cached answer.
    session database(cluster.uri());
    BOOST_REQUIRE(has_heard_all(server, database));
    BOOST_TEST(gets_cached(server, key));

    cluster.signal(SIGKILL);
    bool refused = false;
    for (int i = 0; i < 1000 && !refused; ++i) {
        const auto unseen = R"({"api_key":"never-asked-for-)" + std::to_string(i) + "\"}";
        const auto a = server.ask(verify(unseen));
        BOOST_REQUIRE((a.status == 200 || a.status == 503));
        if (a.status == 200) BOOST_REQUIRE(a.body == R"({"valid":false,"code":"NOT_FOUND"})");
        refused = a.status == 503;
    }
    BOOST_TEST(refused);
    const auto cached = server.ask(verify(good));
    BOOST_TEST(cached.field("X-Auth-Cache") == "hit", cached.head << cached.body << server.log());
    BOOST_TEST(server.ask(verify(R"({"api_key":"never-asked-for"})")).status == 503);
    // A short outage leaves the server ready.
    BOOST_TEST(server.ask(get("/readyz")).status == 200);

    cluster.restart();
    bool again = false;
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!again && std::chrono::steady_clock::now() < end)
        again = server.ask(verify(R"({"api_key":"never-asked-for"})")).status == 200;
    BOOST_TEST(again);
}

// Past the bound without news, nothing cached is used, because it may no longer be true.
BOOST_AUTO_TEST_CASE(past_the_staleness_bound_nothing_cached_is_used) {
    private_cluster cluster;
    server_process server(cluster.uri(), "", "[cache]\nmax_staleness = \"3s\"\n", {},
                          "feed_interval = \"100ms\"\n");
    BOOST_REQUIRE(run({latchkey_binary(), "migrate", "--config", server.config()}).exit_code == 0);
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto key = server.create_key(server.create_organization());
    const auto good = R"({"api_key":")" + key + "\"}";
    {
        session database(cluster.uri());
        BOOST_REQUIRE(has_heard_all(server, database)); // news would end the cached answer
    }
    BOOST_REQUIRE(gets_cached(server, key));
    cluster.signal_all(SIGKILL); // so that no backend lives on and answers another poll
    const auto killed = std::chrono::steady_clock::now();
    int hits = 0;
    auto last_hit = killed;
    bool refused = false;
    for (const auto end = killed + patience; !refused && std::chrono::steady_clock::now() < end;) {
        const auto begun = std::chrono::steady_clock::now();
        const auto a = server.ask(verify(good));
        refused = a.status == 503;
        if (refused) continue;
        BOOST_REQUIRE(a.json().at("valid").as_bool());
        ++hits;
        last_hit = begun;
    }
    BOOST_TEST(hits > 0);
    BOOST_TEST(refused);
    const auto late = std::chrono::duration_cast<std::chrono::milliseconds>(last_hit - killed);
    BOOST_TEST_MESSAGE("the last hit came " << late.count() << " ms after the kill");
    BOOST_TEST(late.count() <= 3000);
    BOOST_TEST(server.wait_for("/readyz", 503));
    cluster.restart();
    bool again = false;
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!again && std::chrono::steady_clock::now() < end)
        again = server.ask(verify(good)).status == 200;
    BOOST_TEST(again);
    BOOST_TEST(server.wait_for("/readyz", 200));
}

BOOST_AUTO_TEST_CASE(a_query_past_its_deadline_is_a_503) {
    migrated_database database;
    server_process server(database.uri(), "", "", {}, "query_timeout = \"100ms\"\n");
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    session blocker(database.uri());
    blocker.exec("begin; lock table latchkey.api_keys in access exclusive mode");
    const auto a = server.ask(verify(question));
    BOOST_TEST(a.status == 503);
    blocker.exec("rollback");
    bool again = false;
    for (int i = 0; i < 1000 && !again; ++i)
        again = server.ask(verify(question)).status == 200;
    BOOST_TEST(again);
}

BOOST_AUTO_TEST_SUITE_END()

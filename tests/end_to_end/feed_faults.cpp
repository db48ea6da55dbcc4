// The feed's path lost in every way. Nothing is missed, and nothing cached is
// believed past the bound.
#include "cached_keys.hpp"
#include "faulty_proxy.hpp"
#include "private_cluster.hpp"

#include <atomic>
#include <cstdlib>
#include <thread>

using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

constexpr auto short_bound = "[cache]\nmax_staleness = \"1s\"\n";
constexpr auto quick_feed = "feed_interval = \"100ms\"\nfeed_timeout = \"300ms\"\n"
                            "backoff_min = \"1ms\"\nbackoff_max = \"20ms\"\n";

std::string sql_revoke(const std::string& key) {
    return "update latchkey.api_keys set revoked_at = now()" + whose_hash_is_of(key);
}

struct one_node {
    migrated_database database;
    server_process server{database.uri(), "", short_bound, {}, quick_feed};
    std::string organization;
    one_node() {
        BOOST_REQUIRE(server.wait_for("/readyz", 200));
        organization = server.create_organization("org-1");
    }
    std::string code(const std::string& key) const {
        return code_of(server.ask(verify(question_of(key))));
    }
    std::string cached_key() const {
        const auto key = server.create_key(organization);
        BOOST_TEST(soon([&] { return code(key) == "VALID"; }));
        BOOST_TEST(gets_cached(server, key));
        return key;
    }
    void make_keys(int count) {
        database.exec("insert into latchkey.api_keys (key_hash, key_id, organization_id) select "
                      "sha256(('key-number-' || n)::bytea), 'key-' || n, 'org-1' from "
                      "generate_series(1, " +
                      std::to_string(count) + ") n");
    }
};

int kills() {
    const char* given = std::getenv("LATCHKEY_KILLS");
    return given ? std::atoi(given) : 100;
}

} // namespace

BOOST_AUTO_TEST_SUITE(feed_faults)

// LATCHKEY_KILLS is the number of kills.
BOOST_FIXTURE_TEST_CASE(the_listener_killed_again_and_again_misses_nothing, one_node) {
    const int count = kills() * 3;
    make_keys(count);
    auto connection = server.connect();
    const auto question = [](int i) { return question_of("key-number-" + std::to_string(i)); };
    for (int i = 1; i <= count; ++i)
        BOOST_REQUIRE(code_of(connection.ask(verify(question(i)))) == "VALID");
    std::atomic<bool> done{false};
    std::atomic<int> ended{0};
    std::thread killer([&] {
        session other(database.uri());
        while (!done)
            ended += std::stoi(other.value(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = "
                "current_database() and pid <> pg_backend_pid() and "
                "(query like '%latchkey.changes%' or query like 'listen%')"));
    });
    for (int i = 1; i <= count; ++i) {
        // One of three commits late, after others and after polls.
        if (i % 3 == 0) {
            session late(database.uri());
            late.exec("begin; " + sql_revoke("key-number-" + std::to_string(i)));
            database.exec(sql_revoke("key-number-" + std::to_string(i - 1)));
            late.exec("commit");
        } else if (i % 3 == 1) {
            database.exec(sql_revoke("key-number-" + std::to_string(i)));
        }
    }
    BOOST_TEST(soon([&] { return ended >= kills(); }, 60s));
    done = true;
    killer.join();
    BOOST_TEST(ended >= kills());
    const auto end = std::chrono::steady_clock::now() + 3s;
    for (int i = 1; i <= count; ++i)
        BOOST_REQUIRE(
            soon([&] { return code_of(connection.ask(verify(question(i)))) == "REVOKED"; },
                 std::chrono::duration_cast<std::chrono::milliseconds>(
                     end - std::chrono::steady_clock::now())));
}

BOOST_FIXTURE_TEST_CASE(a_change_that_commits_late_is_obeyed, one_node) {
    const auto key = cached_key();
    const auto other_key = cached_key();
    session late(database.uri());
    late.exec("begin; select 1 / 1; savepoint s; " + sql_revoke(key));
    // Others commit meanwhile and their changes apply; polls go on.
    database.exec(sql_revoke(other_key));
    BOOST_TEST(soon([&] { return code(other_key) == "REVOKED"; }));
    const auto polls = metric(server, "auth_feed_polls_total");
    BOOST_TEST(soon([&] { return metric(server, "auth_feed_polls_total") >= polls + 3; }));
    BOOST_TEST(code(key) == "VALID");
    late.exec("release savepoint s; commit");
    BOOST_TEST(soon([&] { return code(key) == "REVOKED"; }));
    BOOST_TEST(metric(server, "auth_feed_resets_total") == 0);
}

BOOST_AUTO_TEST_CASE(behind_a_black_hole_nothing_is_believed_past_the_bound) {
    private_cluster cluster;
    faulty_proxy proxy(cluster.variable("POSTGRES_SOCKET_DIR") + "/.s.PGSQL.5432");
    auto through = cluster.uri();
    const auto direct = cluster.variable("POSTGRES_SOCKET_DIR");
    for (auto at = through.find(direct); at != std::string::npos; at = through.find(direct))
        through.replace(at, direct.size(), proxy.folder());
    server_process server(through, "", "[cache]\nmax_staleness = \"3s\"\n", {}, quick_feed);
    BOOST_REQUIRE(run({latchkey_binary(), "migrate", "--config", server.config()}).exit_code == 0);
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto key = server.create_key(server.create_organization());
    const auto question = verify(question_of(key));
    session revoker(cluster.uri());
    BOOST_REQUIRE(has_heard_all(server, revoker)); // news would end the cached answer
    BOOST_REQUIRE(gets_cached(server, key));

    proxy.stall();
    const auto stalled = std::chrono::steady_clock::now();
    revoker.exec(sql_revoke(key));
    bool refused = false;
    auto last_valid = stalled;
    while (!refused && std::chrono::steady_clock::now() < stalled + patience) {
        const auto asked = std::chrono::steady_clock::now();
        const auto a = server.ask(question);
        refused = a.status == 503;
        if (!refused) last_valid = asked;
    }
    BOOST_TEST(refused);
    BOOST_TEST((last_valid > stalled));
    // The last poll began before the stall. Questions within its bound were answered.
    BOOST_TEST((last_valid - stalled <= 3s + 10ms));
    for (int i = 0; i < 5; ++i)
        BOOST_TEST(server.ask(question).status == 503);
    BOOST_TEST(server.wait_for("/readyz", 503));

    proxy.pass();
    BOOST_TEST(soon([&] { return code_of(server.ask(question)) != "503"; }));
    BOOST_TEST(code_of(server.ask(question)) == "REVOKED");
    BOOST_TEST(server.wait_for("/readyz", 200));
}

// The clock runs on while the process is stopped.
BOOST_FIXTURE_TEST_CASE(a_process_that_was_stopped_believes_nothing_old, one_node) {
    const auto key = cached_key();
    auto waiting = server.connect();
    BOOST_REQUIRE(code_of(waiting.ask(verify(question_of(key)))) == "VALID");
    server.signal(SIGSTOP);
    database.exec(sql_revoke(key));
    std::this_thread::sleep_for(1100ms); // past the bound
    // The request waits in the socket's buffer until the process goes on.
    waiting.send(verify(question_of(key)));
    auto late = server.connect();
    late.send(verify(question_of(key)));
    server.signal(SIGCONT);
    for (auto* c : {&waiting, &late}) {
        const auto code = code_of(c->receive());
        BOOST_TEST((code == "REVOKED" || code == "503"));
    }
    BOOST_TEST(soon([&] { return code(key) == "REVOKED"; }));
}

BOOST_AUTO_TEST_CASE(a_crash_begins_an_era) {
    private_cluster cluster;
    server_process server(cluster.uri(), "", "", {}, quick_feed);
    BOOST_REQUIRE(run({latchkey_binary(), "migrate", "--config", server.config()}).exit_code == 0);
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    const auto organization = server.create_organization();
    const auto key = server.create_key(organization);
    const auto kept = server.create_key(organization);
    for (const auto& k : {key, kept})
        BOOST_REQUIRE(soon(
            [&] { return server.ask(verify(question_of(k))).field("X-Auth-Cache") == "hit"; }));
    // This commit is not flushed, so later transactions may get its number again.
    session(cluster.uri())
        .exec("set synchronous_commit = off; insert into public.organizations "
              "(organization_id) values ('lost')");
    cluster.signal(SIGKILL);
    cluster.restart();
    session again(cluster.uri());
    again.exec(sql_revoke(key));
    BOOST_TEST(soon([&] { return code_of(server.ask(verify(question_of(key)))) == "REVOKED"; }));
    BOOST_TEST(metric(server, "auth_feed_resets_total") +
                   metric(server, "auth_feed_resumptions_total") >=
               1);
    // Connections come back one by one, and a look-up may wait for one in vain.
    BOOST_TEST(soon([&] { return code_of(server.ask(verify(question_of(kept)))) == "VALID"; }));
    BOOST_TEST(soon([&] { return server.ask(get("/readyz")).status == 200; }));
    BOOST_TEST(again.value("select count(*) from latchkey.era") == "1");
    // From then on all is as before.
    BOOST_TEST(
        soon([&] { return server.ask(verify(question_of(kept))).field("X-Auth-Cache") == "hit"; }));
    again.exec(sql_revoke(kept));
    BOOST_TEST(soon([&] { return code_of(server.ask(verify(question_of(kept)))) == "REVOKED"; }));
}

BOOST_FIXTURE_TEST_CASE(a_node_that_was_away_for_longer_than_the_pruning_starts_anew, one_node) {
    const auto key = cached_key();
    // Beyond everything that the node has read, even if nothing was written since.
    database.exec("update latchkey.feed_state set pruned_below ="
                  " ((pg_snapshot_xmax(pg_current_snapshot())::text::numeric + 1)::text)::xid8");
    BOOST_TEST(soon([&] { return metric(server, "auth_feed_resets_total") >= 1; }));
    BOOST_TEST(soon([&] { return code(key) == "VALID"; }));
}

// A restored copy of the database has another era, even if all numbers in it are the same.
BOOST_FIXTURE_TEST_CASE(a_restored_era_is_another_one, one_node) {
    const auto key = cached_key();
    database.exec("begin; create temporary table saved as select * from latchkey.era; "
                  "delete from latchkey.era; insert into latchkey.era select * from saved; commit");
    BOOST_TEST(soon([&] { return metric(server, "auth_feed_resumptions_total") >= 1; }));
    BOOST_TEST(soon([&] { return code(key) == "VALID"; }));
}

BOOST_AUTO_TEST_SUITE_END()

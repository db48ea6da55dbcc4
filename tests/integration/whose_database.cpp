// Fail-over, copies restored in place, and dumps: none of them may make a revoked credential good
// again.
#include "two_servers.hpp"

#include <latchkey/pg/migrate/migrations.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>

using namespace latchkey;
using namespace latchkey::test;

namespace {

using node = following_node;

std::string use_transactions(int count) {
    return "do $$ begin for i in 1.." + std::to_string(count) +
           " loop perform pg_current_xact_id(); commit; end loop; end $$";
}

} // namespace

BOOST_AUTO_TEST_SUITE(whose_database)

// The primary hangs, another server is promoted and takes its address, and the old one resumes: its
// connections still exist, and it knows of nothing.
BOOST_FIXTURE_TEST_CASE(an_old_primary_that_wakes_answers_nothing, pair_of_servers) {
    node n(own_server::uri_at(address));
    n.run_until_serving();
    BOOST_TEST(n.ask(1) == "found");
    const auto before = n.feed.fence.current().value();

    a.pause();
    b->promote();
    lead_to(*b);
    session(b->uri()).exec(revoke_key(1));
    n.run_until([&] { return n.feed.fence.current() != before; });
    a.resume();
    // From the first answer on, nothing of the old primary counts, and it is not asked any more.
    std::string outcome;
    for (int i = 0; i < 200 && outcome != "revoked"; ++i) {
        outcome = n.ask(1);
        BOOST_TEST(outcome != "found");
    }
    n.run_until([&] { return n.ask(1) == "revoked" && n.feed.fresh(); });
    BOOST_TEST(n.feed.sink.beginnings() >= 2u);
    BOOST_TEST(n.feed.fence.current()->place != before.place);
    BOOST_TEST(session(a.uri()).value("select count(*) from pg_stat_activity where"
                                      " application_name = 'latchkey' and state = 'active'") ==
               "0");
}

// Both servers are primaries, and the node reaches both: the one promoted later is right, however
// well the other works.
BOOST_FIXTURE_TEST_CASE(of_two_primaries_the_later_one_is_asked, pair_of_servers) {
    node n(own_server::uri_at(a.sockets() + "," + b->sockets()));
    n.run_until_serving();
    BOOST_TEST(n.ask(1) == "found");
    b->promote();
    session(b->uri()).exec(revoke_key(1));
    n.run_until([&] { return n.ask(1) == "revoked" && n.feed.fresh(); });
    for (int i = 0; i < 20; ++i)
        BOOST_TEST(n.ask(1) != "found");
    BOOST_TEST(n.feed.fence.current()->timeline() == "00000002");
}

// The node has met neither server before: the first one that answers is not always the right one.
BOOST_FIXTURE_TEST_CASE(a_node_that_starts_beside_two_primaries_asks_both, pair_of_servers) {
    b->promote();
    session(b->uri()).exec(revoke_key(1));
    for (int start = 0; start < 5; ++start) {
        node n(own_server::uri_at(a.sockets() + "," + b->sockets()));
        std::string outcome;
        n.run_until([&] {
            outcome = n.ask(1);
            BOOST_TEST(outcome != "found");
            return outcome == "revoked";
        });
    }
}

// Operators that wait until all nodes have applied a change count the nodes that are known.
BOOST_FIXTURE_TEST_CASE(nothing_is_answered_before_the_node_is_announced, pair_of_servers) {
    session writer(a.uri());
    writer.exec("begin; lock table latchkey.nodes in exclusive mode");
    node n(own_server::uri_at(a.sockets()));
    n.run_until([&] { return n.store.store.status().reachable; });
    n.feed.run_for(core::milliseconds(300));
    BOOST_TEST(n.ask(1) == "the feed of changes has not been read yet, or is read anew");
    writer.exec("commit");
    n.run_until([&] { return n.ask(1) == "found"; });
    BOOST_TEST(writer.value("select count(*) from latchkey.nodes") == "1");
}

// A standby may lag by hours. It is neither asked nor waited for.
BOOST_FIXTURE_TEST_CASE(with_several_hosts_only_the_primary_is_asked, pair_of_servers) {
    node n(own_server::uri_at(a.sockets() + "," + b->sockets()));
    n.run_until_serving();
    session(b->uri()).exec("select pg_wal_replay_pause()");
    session(a.uri()).exec(revoke_key(1));
    n.run_until([&] { return n.ask(1) == "revoked"; });
    a.stop();
    n.run_until([&] { return !n.store.store.status().reachable; });
    for (int i = 0; i < 20; ++i)
        BOOST_TEST(n.ask(1) != "found");
    BOOST_TEST(n.ask(2) != "found");
    const auto since = n.feed.known.freshness();
    a.start();
    n.run_until([&] { return n.ask(1) == "revoked" && n.ask(2) == "found"; });
    n.run_until([&] { return n.feed.known.freshness().boot > since.boot; });
}

BOOST_FIXTURE_TEST_CASE(a_standby_alone_is_said_to_be_one, pair_of_servers) {
    node n(own_server::uri_at(b->sockets()) + " target_session_attrs=any");
    n.run_until([&] { return !n.store.store.status().problem.empty() && n.ask(1) != "found"; });
    n.run_until([&] {
        return n.store.store.status().problem.find("hot standby mode") != std::string::npos;
    });
    // Once promoted, it is used.
    b->promote();
    n.run_until([&] { return n.feed.fresh() && n.ask(1) == "found"; });
}

// The copy has the same era: only its transactions, or its record of the node, give it away.
BOOST_AUTO_TEST_CASE(files_that_were_put_back_are_found_out) {
    for (const bool ahead : {false, true}) {
        BOOST_TEST_CONTEXT("ahead by transactions: " << ahead) {
            const server_folder folder;
            const own_server server(folder, "a");
            make_latchkey(server);
            session(server.uri()).exec(revoke_token("before"));
            server.stop();
            server.keep_copy();
            server.start();

            running_feed running(hasty(server.uri()));
            running.run_until_fresh();
            session(server.uri()).exec(revoke_token("after"));
            running.run_until([&] { return running.sink.revoked().contains("after"); });
            const auto era = running.fence.current();
            const auto number = [&](const std::string& uri) {
                return std::stoll(
                    session(uri).value("select pg_snapshot_xmax(pg_current_snapshot())"));
            };
            const auto reached = number(server.uri());

            server.stop();
            server.put_copy_back();
            if (ahead) {
                server.start_aside();
                session(own_server::uri_at(server.aside())).exec(use_transactions(500));
                BOOST_TEST(number(own_server::uri_at(server.aside())) > reached + 100);
                server.stop();
            }
            server.start();
            running.run_until([&] { return running.sink.beginnings() == 2 && running.fresh(); });
            BOOST_TEST(running.fence.current()->place == era->place);
            BOOST_TEST((running.fence.current()->era == era->era));
            BOOST_TEST(running.fence.current()->started != era->started);
            BOOST_TEST(running.sink.revoked().contains("before"));
            BOOST_TEST(!running.sink.revoked().contains("after"));
            // From then on the feed is quiet, and changes are applied.
            session(server.uri()).exec(revoke_token("later"));
            running.run_until([&] { return running.sink.revoked().contains("later"); });
            running.run_for(5 * running.settings.feed_interval);
            BOOST_TEST(running.sink.beginnings() == 2u);
            BOOST_TEST(running.feed->problem() == "");
            BOOST_TEST(running.feed->warning() == "");
        }
    }
}

// A dump contains rows that another server's feed wrote, with transaction ids that this server has
// not reached or has used for something else. The key was disabled and enabled there.
BOOST_AUTO_TEST_CASE(a_restored_dump_serves_and_undoes_no_revocation) {
    const server_folder folder;
    const own_server old(folder, "a");
    const own_server next(folder, "b");
    make_latchkey(old);
    {
        session at(old.uri());
        at.exec(use_transactions(3000));
        at.exec(fill_with_keys(1));
        at.exec("update latchkey.api_keys set enabled = false");
        at.exec("update latchkey.api_keys set enabled = true");
        at.exec("update latchkey.feed_state set pruned_below ="
                " pg_snapshot_xmin(pg_current_snapshot())");
    }
    const std::string from = " -h " + old.sockets() + " -U latchkey latchkey ";
    const auto in = [](const own_server& server, const std::string& name) {
        return " -h " + server.sockets() + " -U latchkey -d " + name + " ";
    };
    const auto file = folder.file("dump");
    struct {
        std::string name;
        const own_server& where;
        bool is_migrated; ///< before the restore
        std::string command;
    } const cases[] = {
        {"plain", next, false, "pg_dump" + from + "| psql -q" + in(next, "plain")},
        {"custom", next, false,
         "pg_dump -Fc -f " + file + from + "&& pg_restore" + in(next, "custom") + file},
        {"data_only", next, true,
         "pg_dump --data-only --disable-triggers" + from + "| psql -q" + in(next, "data_only")},
        {"parts", next, false,
         "pg_dump --schema-only" + from + "| psql -q" + in(next, "parts") +
             "; pg_dump --data-only --disable-triggers" + from + "| psql -q" + in(next, "parts")},
        {"over_another", next, true,
         "pg_dump --clean --if-exists" + from + "| psql -q" + in(next, "over_another")},
        {"same_server", old, false, "pg_dump" + from + "| psql -q" + in(old, "same_server")},
        {"template", old, false, ""},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name) {
            session maintenance(c.where.uri("postgres"));
            if (c.is_migrated)
                make_latchkey(c.where, c.name);
            else
                maintenance.exec("create database " + c.name +
                                 (c.name == "template" ? " template latchkey" : ""));
            if (!c.command.empty()) server_folder::as_owner(c.command);
            session at(c.where.uri(c.name));
            BOOST_TEST(at.value("select count(*) from latchkey.api_keys where enabled") == "1");

            running_feed running(hasty(c.where.uri(c.name)));
            if (c.command.find("--disable-triggers") != std::string::npos) {
                running.run_until([&] { return running.complains_of("is in another state"); });
                const auto done =
                    pg::migrate(configuration_for(c.where.uri(c.name)), pg::migrations(),
                                auth::legacy_device_secret::plaintext, [](std::string_view) {});
                BOOST_REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message));
            }
            running.run_until_fresh();
            at.exec("update latchkey.api_keys set enabled = false");
            const auto id = key_id_of(key_number(1));
            running.run_until([&] { return running.sink.revoked().contains(id); });
            running.run_for(5 * running.settings.feed_interval);
            BOOST_TEST(running.sink.revoked().contains(id));
            // Fresh at once, and quiet from then on.
            BOOST_TEST(running.sink.beginnings() == 1u);
            BOOST_TEST(running.feed->problem() == "");
            BOOST_TEST(running.feed->warning() == "");
            // What the dump brought goes after a day.
            at.exec("update latchkey.changes set at = at - interval '25 hours';"
                    "select latchkey.prune_changes('30 days', '10 s')");
            BOOST_TEST(at.value("select count(*) from latchkey.changes where era <>"
                                " latchkey.current_era() or"
                                " xid >= pg_snapshot_xmax(pg_current_snapshot())") == "0");
            BOOST_TEST(at.value("select pruned_below <= pg_snapshot_xmin(pg_current_snapshot())"
                                " from latchkey.feed_state") == "t");
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

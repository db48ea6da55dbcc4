// pg::change_feed: what it loads before it publishes, and what it does when that fails.
#include "pg/feed/feed_load.hpp"
#include "pg/feed/feed_statements.hpp"
#include "pg/statements.hpp"
#include "running_feed.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;

namespace {

void revoke_tokens(test_database& database, int count) {
    database.exec("insert into latchkey.revocations (kind, issuer, value, issued_before) select"
                  " 'token', 'i', 't' || n, to_timestamp(n) from generate_series(1, " +
                  std::to_string(count) + ") n");
}
std::string revoke_token(const std::string& id) {
    return "insert into latchkey.revocations (kind, issuer, value) values ('token', 'i', '" + id +
           "')";
}
std::string add_key(const std::string& id, bool first) {
    return "select latchkey.add_signing_key('" + id + "', 'ES256', '{\"a\": 1}', 'sealed-" + id +
           "', 'kek', " + (first ? "true" : "false") + ", '-infinity')";
}
void kill_feeds(test_database& database) {
    database.exec("select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                  " where application_name = 'latchkey' and datname = current_database()");
}

// Has the rights that the feed needs of a server's role.
struct limited_role {
    migrated_database& database;
    const std::string name = database.make_role();
    explicit limited_role(migrated_database& d) : database(d) {
        grant("usage on schema public, latchkey");
        grant("select on all tables in schema latchkey");
        grant("insert, update, delete on latchkey.nodes");
        grant("insert on latchkey.era");
        grant("delete on latchkey.changes");
        grant("update on latchkey.feed_state");
        grant("insert on latchkey.eras");
        grant("insert, update, delete on latchkey.idempotency_keys");
        grant("execute on function latchkey.prune_changes(interval, interval)");
        grant("execute on function latchkey.trigger_problem()");
    }
    ~limited_role() { database.exec("drop owned by " + name); }
    void grant(const std::string& what) const { database.exec("grant " + what + " to " + name); }
    void revoke(const std::string& what) const {
        database.exec("revoke " + what + " from " + name);
    }
};

// Makes writes to the table fail with the given error, as in a database that takes no changes.
void take_no_changes(test_database& database, const std::string& table, const std::string& state) {
    database.exec("create function public.refuse_" + table +
                  "() returns trigger language plpgsql as $$ begin raise exception 'no'"
                  " using errcode = '" +
                  state + "'; end $$; create trigger refuse before insert or update on latchkey." +
                  table + " for each statement execute function public.refuse_" + table + "()");
}
void take_changes_again(test_database& database, const std::string& table) {
    database.exec("drop function public.refuse_" + table + " cascade");
}

} // namespace

BOOST_AUTO_TEST_SUITE(feed_reader)

BOOST_AUTO_TEST_CASE(loads_all_revocations_in_pages_and_then_follows) {
    migrated_database database;
    revoke_tokens(database, 12'000);
    database.exec("insert into latchkey.revocations (kind, issuer, value, expires_at) values"
                  " ('token', 'i', 'expired', 'epoch'), ('token', 'i', 'ends', 'infinity')");
    database.exec(add_key("a", true));
    running_feed running(database.configuration());
    running.run_until_fresh();

    const auto& told = running.sink.all;
    // One more poll follows, which brought nothing.
    BOOST_REQUIRE(told.size() == 6u);
    BOOST_TEST(told[0].changes.everything);
    BOOST_TEST(told[0].changes.forget_revocations);
    BOOST_TEST(told[0].changes.revocations.empty());
    const std::size_t pages[] = {pg::feed_load::page_max, pg::feed_load::page_max, 2001};
    for (std::size_t i = 0; i < std::size(pages); ++i) {
        BOOST_TEST(told[i + 1].changes.revocations.size() == pages[i]);
        BOOST_TEST(!told[i + 1].changes.forget_revocations);
    }
    BOOST_TEST(told[4].changes.signing_keys.value().size() == 1u);
    // The state was not fresh before all of it was applied.
    for (const auto& t : told)
        BOOST_TEST(!t.was_fresh);
    const auto revoked = running.sink.revoked();
    BOOST_TEST(revoked.size() == 12'001u);
    BOOST_TEST(revoked.contains("ends"));
    BOOST_TEST(!revoked.contains("expired"));
    const auto& one = told[3].changes.revocations[1999].what;
    BOOST_TEST(one.value == "t12000");
    BOOST_TEST((one.issued_before == core::real_time(core::seconds(12'000))));
    BOOST_TEST(one.issuer == "i");

    database.exec(revoke_token("new"));
    running.run_until([&] { return running.sink.revoked().contains("new"); });
    database.exec("delete from latchkey.revocations where value = 'new'");
    running.run_until([&] { return !running.sink.revoked().contains("new"); });
    database.exec("update latchkey.revocations set value = 't0' where value = 't1'");
    running.run_until([&] { return running.sink.revoked().contains("t0"); });
    BOOST_TEST(!running.sink.revoked().contains("t1"));
    database.exec("truncate latchkey.revocations");
    running.run_until([&] { return running.sink.revoked().empty(); });
    BOOST_TEST(running.sink.beginnings() == 1u);
    BOOST_TEST(running.feed->problem() == "");
}

BOOST_AUTO_TEST_CASE(a_key_that_is_revoked_takes_its_tokens_along) {
    migrated_database database;
    database.exec(fill_with_keys(1'500));
    running_feed running(database.configuration());
    running.run_until_fresh();
    database.exec("update latchkey.api_keys set revoked_at = now()");
    running.run_until([&] { return running.sink.revoked().size() == 1'500; });
    const auto& last = running.sink.all.back().changes;
    BOOST_TEST((last.revocations.back().what.kind == auth::revocation_kind::credential));
    BOOST_TEST(last.api_keys.size() == 1'500u);
    database.exec("update latchkey.api_keys set revoked_at = null");
    running.run_until([&] { return running.sink.revoked().empty(); });
}

BOOST_AUTO_TEST_CASE(a_new_era_loads_all_again) {
    migrated_database database;
    revoke_tokens(database, 3);
    database.exec(add_key("a", true));
    running_feed running(database.configuration());
    running.run_until_fresh();
    const auto before = running.known.freshness();

    running.sink.all.clear();
    // After a crash there is no era. This one has forgotten the node, too.
    database.exec("begin; delete from latchkey.era; delete from latchkey.nodes;"
                  "select pg_notify('latchkey_changes', ''); commit");
    running.run_until([&] { return running.sink.beginnings() == 1 && running.fresh(); });
    BOOST_TEST(running.sink.all[0].changes.everything);
    BOOST_TEST(!running.sink.all[0].changes.forget_revocations);
    BOOST_TEST(running.sink.revoked().size() == 3u);
    BOOST_TEST(running.sink.signing_keys().value().size() == 1u);
    BOOST_TEST((running.known.freshness().boot > before.boot));
    for (std::size_t i = 0; i < 4; ++i)
        BOOST_TEST(!running.sink.all[i].was_fresh);
    BOOST_TEST(database.value("select count(*) from latchkey.era") == "1");
}

BOOST_AUTO_TEST_CASE(a_change_of_signing_keys_brings_the_table) {
    migrated_database database;
    running_feed running(database.configuration());
    running.run_until_fresh();
    BOOST_TEST(running.sink.signing_keys().value().empty());

    database.exec(add_key("a", true));
    running.run_until([&] { return running.sink.signing_keys()->size() == 1; });
    const auto key = running.sink.signing_keys()->at(0);
    BOOST_TEST(key.times.key_id == "a");
    BOOST_TEST((key.times.state == auth::signing_key_state::current));
    BOOST_TEST(key.sealed == "sealed-a");
    BOOST_TEST(key.public_jwk == R"({"a": 1})");

    database.exec(add_key("b", false));
    database.exec("select latchkey.promote_signing_key('b', '0')");
    running.run_until([&] {
        const auto keys = *running.sink.signing_keys();
        return keys.size() == 2 && keys[0].times.state == auth::signing_key_state::current;
    });
    database.exec("select latchkey.retire_signing_key('a', '0')");
    running.run_until([&] { return running.sink.signing_keys()->size() == 1; });
    BOOST_TEST(running.sink.signing_keys()->at(0).times.key_id == "b");
    BOOST_TEST(running.sink.beginnings() == 1u);
}

// In one transaction with another kind of change: one step applies both.
BOOST_AUTO_TEST_CASE(signing_keys_come_with_what_was_told_beside_them) {
    migrated_database database;
    running_feed running(database.configuration());
    running.run_until_fresh();
    database.exec("begin;" + add_key("a", true) + ";" + revoke_token("t") + "; commit");
    running.run_until([&] { return running.sink.revoked().contains("t"); });
    BOOST_TEST(running.sink.all.back().changes.signing_keys.value().size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_it_may_not_load_it_says_and_believes_nothing) {
    migrated_database database;
    revoke_tokens(database, 2);
    for (const std::string table : {"revocations", "signing_keys"}) {
        BOOST_TEST_CONTEXT(table) {
            const limited_role role(database);
            role.revoke("select on latchkey." + table);
            running_feed running(database.configuration(role.name));
            running.run_until(
                [&] { return running.complains_of("denied for table " + table + " "); });
            running.run_until([&] { return running.sink.beginnings() >= 2; });
            BOOST_TEST(!running.fresh());
            role.grant("select on latchkey." + table);
            running.run_until([&] { return running.fresh() && running.feed->problem().empty(); });
            BOOST_TEST(running.sink.revoked().size() == 2u);
        }
    }
}

// A poll whose table cannot be loaded must not be skipped: it is asked for again, and nothing newer
// is published until then.
BOOST_AUTO_TEST_CASE(a_load_that_fails_while_following_is_tried_again) {
    migrated_database database;
    const limited_role role(database);
    running_feed running(database.configuration(role.name));
    running.run_until_fresh();
    role.revoke("select on latchkey.signing_keys");
    const auto freshness = [&] { return running.known.freshness().boot; };
    const auto asked_at = core::boot_clock::now();
    database.exec("begin;" + add_key("a", true) + ";" + revoke_token("t") + "; commit");
    running.run_until([&] { return running.complains_of("denied for table signing_keys"); });
    const auto since = freshness();
    running.run_for(3 * running.settings.feed_interval);
    BOOST_TEST((freshness() == since));
    BOOST_TEST(!running.sink.revoked().contains("t"));
    role.grant("select on latchkey.signing_keys");
    running.run_until([&] { return freshness() > asked_at && running.feed->problem() == ""; });
    BOOST_TEST(running.sink.beginnings() == 1u); // and not from the start
    BOOST_TEST(running.sink.revoked().contains("t"));
    BOOST_TEST(running.sink.signing_keys()->size() == 1u);
    BOOST_TEST(running.feed->problem() == "");
}

BOOST_AUTO_TEST_CASE(what_it_cannot_read_it_says_and_believes_nothing) {
    migrated_database database;
    database.exec(
        "alter table latchkey.revocations drop constraint revocations_kind_check;"
        "insert into latchkey.revocations (kind, value) values ('of_a_newer_schema', 'x')");
    running_feed running(database.configuration());
    running.run_until([&] { return running.complains_of("answer cannot be read"); });
    running.run_until([&] { return running.sink.beginnings() >= 3; });
    BOOST_TEST(!running.fresh());
    // Nor could it read the news of that.
    database.exec("begin; delete from latchkey.revocations; delete from latchkey.changes; commit");
    running.run_until_fresh();
}

BOOST_AUTO_TEST_CASE(a_connection_lost_while_loading_begins_anew) {
    migrated_database database;
    revoke_tokens(database, 7'000);
    // While the first page is applied; while the last one is; while "everything" is.
    for (const std::size_t held_after : {1u, 2u, 0u}) {
        BOOST_TEST_CONTEXT("held after " << held_after) {
            running_feed running(database.configuration());
            running.sink.holds_back = [&](const auto&) {
                return running.sink.all.size() == held_after + 1;
            };
            running.run_until([&] { return !running.sink.held.empty(); });
            kill_feeds(database);
            running.run_until(
                [&] { return running.log.text.find("cannot be read") != std::string::npos; });
            running.run_for(core::milliseconds(200)); // it has connected again
            BOOST_TEST(running.sink.all.size() == held_after + 1);
            running.sink.let_go();
            running.run_until_fresh();
            BOOST_TEST(running.sink.beginnings() == 2u);
            BOOST_TEST(running.sink.revoked().size() == 7'000u);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_table_that_is_locked_is_not_waited_for) {
    migrated_database database;
    auto settings = database.configuration();
    settings.feed_timeout = core::milliseconds(200);
    session other(database.uri());
    other.exec("begin; lock table latchkey.revocations in access exclusive mode");
    running_feed running(settings);
    // The server gives up just before the client's deadline, or the deadline ends it.
    running.run_until([&] {
        return running.complains_of("statement timeout") || running.complains_of("its deadline");
    });
    BOOST_TEST(!running.fresh());
    other.exec("rollback");
    running.run_until_fresh();
}

BOOST_AUTO_TEST_CASE(it_may_be_stopped_and_destroyed_anywhere) {
    migrated_database database;
    revoke_tokens(database, 7'000);
    for (std::size_t turns = 0; turns < 60; ++turns) {
        running_feed running(database.configuration());
        running.sink.holds_back = [&](const auto&) { return turns % 4 == 3; };
        for (std::size_t i = 0; i < turns; ++i)
            running.loop.run_one_for(core::milliseconds(5));
        if (turns % 2 == 0) running.feed->stop();
        running.feed.reset();
        const auto told = running.sink.all.size();
        running.sink.let_go();
        running.loop.restart();
        running.loop.run_for(core::milliseconds(1));
        BOOST_TEST(running.sink.all.size() == told);
        running.feed = nullptr;
    }
}

// An older service's array may hold ids that UTF-8 cannot express: nobody can present one, and the
// feed still tells the others.
BOOST_AUTO_TEST_CASE(what_cannot_be_told_does_not_stop_the_feed) {
    for (const std::string encoding : {"SQL_ASCII", "WIN1252"}) {
        BOOST_TEST_CONTEXT(encoding) {
            migrated_database database(in_encoding(encoding));
            database.exec("set client_encoding = '" + encoding + "'");
            database.exec(revoke_token("told") + ";" + revoke_token("b\x81"));
            running_feed running(database.configuration());
            running.run_until_fresh();
            BOOST_TEST(running.sink.revoked() == (std::set<std::string>{"b\\201", "told"}),
                       boost::test_tools::per_element());
            database.exec("insert into public.organizations (organization_id, status) values"
                          " ('o\x81', 'off'), ('p', 'off')");
            database.exec(revoke_token("later"));
            running.run_until([&] { return running.sink.revoked().contains("later"); });
            BOOST_TEST(running.sink.revoked().contains("p"));
            running.run_until([&] { return running.feed->problem().empty(); });
        }
    }
}

// Any role may notify, as often as it likes: polls keep their distance.
BOOST_AUTO_TEST_CASE(a_flood_of_notifications_does_not_drive_the_polls) {
    migrated_database database;
    const auto role = database.make_role();
    auto settings = database.configuration();
    settings.feed_distance = core::milliseconds(250);
    running_feed running(settings);
    running.run_until_fresh();
    const auto polls = [&] {
        core::metric_sink sink;
        running.feed->collect(sink);
        const auto text = sink.prometheus();
        const std::string name = "\nauth_feed_polls_total ";
        return std::stod(text.substr(text.find(name) + name.size()));
    };
    session stranger(database.uri(role));
    const auto begun = std::chrono::steady_clock::now();
    const auto before = polls();
    for (int i = 0; i < 300; ++i) {
        stranger.exec("notify latchkey_changes");
        running.loop.restart();
        running.loop.run_one_for(core::milliseconds(2));
    }
    database.exec(revoke_token("t"));
    running.run_until([&] { return running.sink.revoked().contains("t"); });
    const auto took = std::chrono::steady_clock::now() - begun;
    const auto most = 2 + std::chrono::duration<double>(took) / settings.feed_distance;
    BOOST_TEST(polls() - before <= most);
}

BOOST_AUTO_TEST_CASE(one_query_at_a_time_is_enough) {
    migrated_database database;
    revoke_tokens(database, 7'000);
    database.exec("insert into latchkey.revocations (kind, issuer, value, expires_at) values"
                  " ('token', 'i', 'expired', 'epoch')");
    auto settings = database.configuration();
    settings.in_flight = 1;
    running_feed running(settings, core::seconds(3600));
    running.run_until_fresh();
    BOOST_TEST(running.sink.revoked().size() == 7'000u);
    database.exec(add_key("a", true));
    running.run_until([&] { return running.sink.signing_keys()->size() == 1; });
    running.run_until([&] {
        return database.value("select count(*) from latchkey.revocations where expires_at ="
                              " 'epoch'") == "0";
    });
    BOOST_TEST(database.value("select count(*) from latchkey.nodes") == "1");
}

BOOST_AUTO_TEST_CASE(prunes_what_no_token_can_concern_any_more) {
    const auto fill = "insert into latchkey.revocations (kind, issuer, value, expires_at,"
                      " created_at) values ('token', 'i', 'past', now() - interval '1 day 61 s',"
                      " now()), ('credential', '', 'old', null, now() - interval '1 day 2 h'),"
                      " ('credential', '', 'young', null, now())";
    const auto left = "select string_agg(value, ' ' order by value) from latchkey.revocations";
    {
        migrated_database database;
        database.exec(fill);
        running_feed running(database.configuration(), core::seconds(3600));
        running.run_until([&] { return database.value(left) == "young"; });
        running.run_until_fresh();
        BOOST_TEST(running.sink.revoked().contains("young"));
    }
    // While the lives of tokens are unknown, nothing is pruned.
    migrated_database database;
    database.exec(fill);
    running_feed running(database.configuration());
    running.run_until([&] {
        return running.fresh() && database.value("select count(*) from latchkey.nodes") == "1";
    });
    running.run_for(core::milliseconds(200));
    BOOST_TEST(database.value(left) == "old past young");
}

// By issuer: a revocation of tokens that live for ever is never too old.
BOOST_AUTO_TEST_CASE(prunes_by_issuer) {
    migrated_database database;
    database.exec("insert into latchkey.revocations (kind, issuer, value, expires_at, created_at)"
                  " select kind, issuer, kind || ' ' || issuer || ' ' || age, null,"
                  " now() - interval '1 day' - make_interval(hours => age) from (values"
                  " ('token', 'endless \"\\'), ('subject', 'endless \"\\'), ('token', 'short'),"
                  " ('subject', 'unknown'), ('organization', ''), ('disabled_organization', ''),"
                  " ('credential', '')) as v (kind, issuer),"
                  " (values (1), (3), (30)) as a (age)");
    database.exec("insert into latchkey.revocations (kind, issuer, value, expires_at) values"
                  " ('token', 'endless \"\\', 'dated', now() - interval '1 day 61 s')");
    database.exec("insert into latchkey.credential_use (kind, credential_id, last_used_at) values"
                  " ('token', 'old', now() - interval '49 h'), ('token', 'young', now()),"
                  " ('api_key', 'old', now() - interval '49 h')");
    auth::token_lives lives;
    lives.issuers = {{"endless \"\\", auth::unbounded_life}, {"short", core::seconds(2 * 3600)}};
    lives.own = core::seconds(2 * 3600);
    lives.organizations = core::seconds(24 * 3600);
    lives.others = core::seconds(24 * 3600);
    running_feed running(database.configuration(), lives);
    running.run_until([&] {
        return database.value("select count(*) from latchkey.revocations where value like"
                              " 'credential%'") == "1";
    });
    const auto left = [&](const char* kind, const char* issuer) {
        return database.value("select coalesce(string_agg(split_part(value, ' ', -1), ' ' order by"
                              " created_at desc), '') from latchkey.revocations where kind = '" +
                              std::string(kind) + "' and issuer = '" + issuer + "'");
    };
    BOOST_TEST(left("token", "endless \"\\") == "1 3 30");
    BOOST_TEST(left("subject", "endless \"\\") == "1 3 30");
    BOOST_TEST(left("token", "short") == "1");
    // Another node may know the issuer, or this one after its next reload, and let its tokens live
    // for ever.
    BOOST_TEST(left("subject", "unknown") == "1 3 30");
    BOOST_TEST(left("organization", "") == "1 3 30");
    BOOST_TEST(left("disabled_organization", "") == "1 3");
    BOOST_TEST(left("credential", "") == "1");
    BOOST_TEST(database.value("select string_agg(kind || ' ' || credential_id, ', ' order by kind,"
                              " credential_id) from latchkey.credential_use") ==
               "api_key old, token young");
    // Pruning is not announced.
    BOOST_TEST(database.value("select count(*) from latchkey.changes where exists (select from"
                              " unnest(names) n where n like '-%')") == "0");
    BOOST_TEST(running.feed->problem() == "");
}

// The form is that of the column's type in any schema; for a domain, of its base type.
BOOST_AUTO_TEST_CASE(tells_how_organizations_are_told_apart) {
    using form = auth::organization_form;
    struct {
        const char* type;
        form expected;
    } const cases[] = {{"text", form::text},
                       {"uuid", form::uuid},
                       {"bigint", form::integer},
                       {"char(36)", form::padded},
                       {"public.id_of_id", form::uuid}};
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.type) {
            test_database database;
            database.exec("create domain public.id as uuid; create domain public.id_of_id as id;"
                          " create table public.organizations (organization_id " +
                          std::string(c.type) + " primary key)");
            database.migrate();
            running_feed running(database.configuration());
            running.run_until_fresh();
            BOOST_TEST((running.sink.all.front().changes.organization_ids == c.expected));
        }
    // A table that is altered counts as another one: everything is read anew.
    migrated_database database;
    running_feed running(database.configuration());
    running.run_until_fresh();
    const auto told = running.sink.all.size();
    database.exec("alter table public.organizations rename column organization_id to old;"
                  " alter table public.organizations add organization_id uuid");
    running.run_until([&] {
        return running.sink.all.size() > told &&
               running.sink.all.back().changes.organization_ids == form::uuid;
    });
    running.run_until_fresh();
    bool forgotten = false;
    for (auto i = told; i < running.sink.all.size(); ++i)
        forgotten = forgotten || running.sink.all[i].changes.forget_revocations;
    BOOST_TEST(forgotten);
}

BOOST_AUTO_TEST_CASE(a_role_that_may_not_prune_is_told_so) {
    migrated_database database;
    const limited_role role(database);
    running_feed running(database.configuration(role.name), core::seconds(3600));
    const auto warns_of = [&](std::string_view what) {
        return running.feed->warning().find(what) != std::string::npos;
    };
    running.run_until([&] { return warns_of("denied for table revocations"); });
    // Pruning is not essential: everything else goes on.
    running.run_until_fresh();
    BOOST_TEST(running.feed->problem() == "");
    database.exec(revoke_token("t"));
    running.run_until([&] { return running.sink.revoked().contains("t"); });
    BOOST_TEST(warns_of("denied for table revocations"));
    BOOST_TEST(!warns_of("prune_changes"));
}

// Nodes that count the live ones must find this one before it answers anything.
BOOST_AUTO_TEST_CASE(nothing_is_believed_before_the_node_is_known) {
    migrated_database database;
    running_feed running(database.configuration());
    running.run_until_fresh();
    BOOST_TEST(database.value("select count(*) from latchkey.nodes where beat = 1") == "1");
}

// The same database answers again, or a copy of it that was put back: what was told after the last
// heartbeat may have been true in neither.
BOOST_AUTO_TEST_CASE(what_was_told_after_the_last_heartbeat_counts_no_more_once_the_feed_was_cut) {
    migrated_database database;
    running_feed running(database.configuration());
    running.run_until_fresh();
    const auto fact = [&] { return auth::fact_origin{{}, running.known.sequence(), 0}; };
    const auto beat = [&] { return std::stoi(database.value("select beat from latchkey.nodes")); };
    const auto old = fact();
    // The last of these is sent after two polls that began later than the fact, a second apart.
    const int before = beat();
    running.run_until([&] { return beat() >= before + 4; });
    running.run_for(core::milliseconds(200)); // it is acknowledged
    kill_feeds(database);
    const auto late = fact();
    BOOST_TEST(running.known.unchanged(late));
    running.run_until([&] { return !running.known.unchanged(late); });
    BOOST_TEST(running.known.unchanged(old));
    BOOST_TEST(running.known.unchanged(fact()));
    BOOST_TEST(running.sink.beginnings() == 1u); // the cache is not emptied
}

BOOST_AUTO_TEST_CASE(a_late_heartbeat_changes_nothing) {
    migrated_database database;
    session sending(database.uri());
    sending.exec("set search_path = pg_catalog, pg_temp; prepare announce as " +
                 std::string(pg::statements::announce_node.text));
    const auto announce = [&](const std::string& beat, const std::string& applied) {
        sending.exec("execute announce ('00000000-0000-0000-0000-000000000001', 'n', '1', 'epoch',"
                     " '60', '" +
                     applied + "', " + beat + ", '{}', null)");
        return database.value("select applied || ' ' || beat from latchkey.nodes");
    };
    BOOST_TEST(announce("1", "3:3:") == "3:3: 1");
    BOOST_TEST(announce("3", "5:5:") == "5:5: 3");
    BOOST_TEST(announce("2", "4:4:") == "5:5: 3");
    // The row of a server that does not number its heartbeats.
    database.exec("update latchkey.nodes set beat = null");
    BOOST_TEST(announce("4", "6:6:") == "6:6: 4");
}

// 100,000 keys and many small changes, in one transaction.
BOOST_AUTO_TEST_CASE(a_change_larger_than_a_poll_comes_in_pages) {
    migrated_database database;
    running_feed running(database.configuration());
    running.run_until_fresh();
    running.sink.all.clear();
    // Another transaction commits while the first page is applied.
    running.sink.holds_back = [](const auth::change_set& c) { return !c.api_keys.empty(); };
    database.exec(
        "begin; insert into latchkey.changes (kind, keys) select 'api_keys', (select"
        " array_agg(sha256((r || '-' || i)::bytea)) from generate_series(1, 1000) i)"
        " from generate_series(1, 100) r;"
        "insert into latchkey.changes (kind, names) select 'organizations', array['o' || n]"
        " from generate_series(1, 2500) n; select pg_notify('latchkey_changes', ''); commit");
    running.run_until([&] { return !running.sink.held.empty(); });
    database.exec(revoke_token("meanwhile"));
    const auto since = running.known.freshness().boot;
    running.sink.holds_back = [](const auto&) { return false; };
    running.sink.let_go();
    running.run_until([&] { return running.sink.revoked().contains("meanwhile"); });

    std::set<core::fingerprint> keys;
    std::set<std::string> organizations;
    std::size_t told_keys = 0;
    std::size_t pages = 0;
    for (const auto& t : running.sink.all) {
        const auto& c = t.changes;
        if (c.api_keys.empty() && c.organizations.empty()) continue;
        ++pages;
        BOOST_TEST(c.api_keys.size() <= 40'000u);
        BOOST_TEST(c.organizations.size() <= 1'000u);
        BOOST_TEST(c.revocations.empty());
        // The state is as fresh as before until the last page.
        BOOST_TEST((t.freshness.boot == since));
        told_keys += c.api_keys.size();
        keys.insert(c.api_keys.begin(), c.api_keys.end());
        organizations.insert(c.organizations.begin(), c.organizations.end());
    }
    BOOST_TEST(pages >= 6u);
    BOOST_TEST(told_keys == 100'000u); // each once
    BOOST_TEST(keys.size() == 100'000u);
    BOOST_TEST(organizations.size() == 2'500u);
    BOOST_TEST(running.sink.beginnings() == 0u);
    BOOST_TEST((running.known.freshness().boot > since));
}

// If nobody can write, nobody can revoke either: questions are answered.
BOOST_AUTO_TEST_CASE(a_database_that_becomes_read_only_is_read_on) {
    migrated_database database;
    running_feed running(database.configuration());
    running.run_until_fresh();
    take_no_changes(database, "nodes", "25006");
    running.run_until(
        [&] { return running.feed->warning().find("takes no changes") != std::string::npos; });
    const auto since = running.known.freshness().boot;
    database.exec(revoke_token("t"));
    running.run_until([&] { return running.sink.revoked().contains("t"); });
    running.run_until([&] { return running.known.freshness().boot > since; });
    BOOST_TEST(running.feed->problem() == "");
    take_changes_again(database, "nodes");
    running.run_until([&] { return running.feed->warning().empty(); });
    BOOST_TEST(running.sink.beginnings() == 1u);
}

// A crash leaves no era, and the full disk has no room for a new one.
BOOST_AUTO_TEST_CASE(an_era_that_cannot_be_written_is_kept_in_memory) {
    migrated_database database;
    revoke_tokens(database, 2);
    database.exec("delete from latchkey.era");
    take_no_changes(database, "era", "53100");
    take_no_changes(database, "nodes", "53100");
    running_feed running(database.configuration());
    running.run_until_fresh();
    BOOST_TEST(running.sink.revoked().size() == 2u);
    BOOST_TEST(running.sink.beginnings() == 1u);
    const auto since = running.known.freshness().boot;
    running.run_until([&] { return running.known.freshness().boot > since; });
    BOOST_TEST(running.sink.beginnings() == 1u);
    BOOST_TEST(running.feed->problem() == "");
    // The connection may have ended because of another crash.
    kill_feeds(database);
    running.run_until([&] { return running.sink.beginnings() == 2u && running.fresh(); });

    take_changes_again(database, "nodes");
    take_changes_again(database, "era");
    running.run_until([&] {
        return running.sink.beginnings() == 3u && running.fresh() &&
               running.feed->warning().empty();
    });
    BOOST_TEST(database.value("select count(*) from latchkey.era") == "1");
    BOOST_TEST(running.sink.revoked().size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()

// PostgreSQL loses commits by a fail-over to a standby that was behind, and by a restore. What was
// revoked, and obeyed by a node that lives, stays revoked.
#include "two_servers.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <string>

using namespace latchkey;
using namespace latchkey::test;

namespace {

constexpr bool remembers = true;

// A fail-over that loses what is written after `begin_losing`.
struct losing_pair : pair_of_servers {
    void begin_losing() const { b->stop(); }
    void fail_over() const {
        a.stop("immediate");
        b->start();
        b->promote();
        lead_to(*b);
    }
    std::string on_b(const std::string& query) const { return session(b->uri()).value(query); }
    std::string actor_of(const std::string& action) const {
        return on_b("select min(actor ->> 'node') from latchkey.audit_events where action = '" +
                    action + "'");
    }
};

// It has noticed the fail-over, and has nothing left to write back.
void settles(following_node& n) {
    n.run_until([&] {
        const auto place = n.feed.fence.current();
        return place && place->timeline() == "00000002" && n.feed.fresh() &&
               !n.feed.remembered.pending();
    });
}

void obeys(following_node& n, const own_server& at, const std::string& change,
           const std::string& what) {
    session(at.uri()).exec(change);
    n.run_until([&] { return n.feed.sink.revoked().contains(what); });
    n.run_until([&] { return n.feed.remembered.entries() > 0; });
}

std::string key(std::size_t n) {
    return key_id_of(key_number(n));
}

const std::string holds = "select coalesce(string_agg(kind || ':' || value, ','"
                          " order by kind, value), '') from latchkey.holds";

} // namespace

BOOST_AUTO_TEST_SUITE(lost_revocations)

BOOST_FIXTURE_TEST_CASE(what_a_fail_over_loses_is_written_back, losing_pair) {
    session(a.uri()).exec("insert into public.device_credentials (device_id, device_secret,"
                          " organization_id, name) values ('dev', 'sha256:x', 'acme', 'd')");
    session(a.uri()).exec("insert into public.organizations (organization_id, name)"
                          " values ('other', 'other')");
    caught_up(a, *b);
    following_node n(own_server::uri_at(address), remembers);
    n.run_until_serving();
    begin_losing();
    obeys(n, a, revoke_key(1), key(1));
    obeys(n, a, "update latchkey.api_keys set enabled = false where key_id = '" + key(2) + "'",
          key(2));
    obeys(n, a, "update public.device_credentials set status = 'inactive'", "dev");
    obeys(n, a, "update public.organizations set status = 'disabled' where name = 'other'",
          "other");
    obeys(n, a, revoke_token("jti-1"), "jti-1");
    fail_over();

    n.run_until([&] { return on_b(holds) != ""; });
    const auto [first, second] = std::minmax({key(1), key(2)});
    BOOST_TEST(on_b(holds) == "api_key:" + first + ",api_key:" + second +
                                  ",device:dev,disabled_organization:other,token:jti-1");
    settles(n);
    n.run_until([&] { return n.ask(1) == "revoked" && n.ask(2) == "revoked"; });
    for (const auto* id : {"dev", "other", "jti-1"})
        BOOST_TEST(n.feed.sink.revoked().contains(id));
    // The older service's columns are its own.
    BOOST_TEST(on_b("select status from public.device_credentials") == "active");
    BOOST_TEST(on_b("select status from public.organizations where name = 'other'") == "active");
    for (const auto* kind : {"api_key", "device", "organization", "revocation"})
        BOOST_TEST(actor_of(std::string(kind) + ".reasserted") == "node");
}

// What was revoked before, or restored after, is as the new primary says.
BOOST_FIXTURE_TEST_CASE(what_is_not_lost_is_left_alone, losing_pair) {
    following_node n(own_server::uri_at(address), remembers);
    n.run_until_serving();
    obeys(n, a, revoke_key(1), key(1));
    obeys(n, a, "update latchkey.api_keys set enabled = false where key_id = '" + key(2) + "'",
          key(2));
    session(a.uri()).exec("update latchkey.api_keys set enabled = true where key_id = '" + key(2) +
                          "'");
    n.run_until([&] { return !n.feed.sink.revoked().contains(key(2)); });
    caught_up(a, *b);
    begin_losing();
    fail_over();
    settles(n);
    n.run_until([&] { return n.ask(1) == "revoked" && n.ask(2) == "found"; });
    BOOST_TEST(on_b(holds) == "");
    BOOST_TEST(on_b("select count(*) from latchkey.audit_events where action like '%reasserted'") ==
               "0");
}

// A node that comes back late, after operators have decided, does not decide again.
BOOST_FIXTURE_TEST_CASE(a_later_restoration_wins, losing_pair) {
    following_node n(own_server::uri_at(address), remembers);
    n.run_until_serving();
    begin_losing();
    obeys(n, a, revoke_key(1), key(1));
    obeys(n, a, revoke_key(2), key(2));
    obeys(n, a, revoke_token("jti-1"), "jti-1");
    fail_over();
    // Before the node has a look at it.
    session at(b->uri());
    at.exec("update latchkey.api_keys set enabled = false where key_id = '" + key(1) + "'");
    at.exec("update latchkey.api_keys set enabled = true where key_id = '" + key(1) + "'");
    at.exec(revoke_token("jti-1"));
    at.exec("delete from latchkey.revocations where value = 'jti-1'");
    settles(n);
    BOOST_TEST(on_b(holds) == "api_key:" + key(2));
    n.run_until([&] { return n.feed.fresh() && n.ask(1) == "found" && n.ask(2) == "revoked"; });
    // Once restored, it stays so for the next one, too.
    at.exec("select latchkey.lift_hold('api_key', '', '" + key(2) + "')");
    n.run_until([&] { return n.ask(2) == "found"; });
    n.run_until([&] { return !n.feed.sink.revoked().contains(key(2)); });
}

// A restoration of before the revocation is older than it, wherever it is found.
BOOST_FIXTURE_TEST_CASE(an_earlier_restoration_does_not_win, losing_pair) {
    following_node n(own_server::uri_at(address), remembers);
    n.run_until_serving();
    obeys(n, a, "update latchkey.api_keys set enabled = false where key_id = '" + key(1) + "'",
          key(1));
    session(a.uri()).exec("update latchkey.api_keys set enabled = true where key_id = '" + key(1) +
                          "'");
    n.run_until([&] { return !n.feed.sink.revoked().contains(key(1)); });
    caught_up(a, *b);
    begin_losing();
    obeys(n, a, revoke_key(1), key(1));
    fail_over();
    n.run_until([&] { return on_b(holds) == "api_key:" + key(1); });
    n.run_until([&] { return n.feed.fresh() && n.ask(1) == "revoked"; });
}

// Several nodes remember the same: it is written, and recorded, once.
BOOST_FIXTURE_TEST_CASE(one_of_several_nodes_writes, losing_pair) {
    following_node first(own_server::uri_at(address), remembers);
    following_node second(own_server::uri_at(address), remembers);
    first.run_until_serving();
    second.run_until_serving();
    begin_losing();
    obeys(first, a, revoke_key(1), key(1));
    second.run_until([&] { return second.feed.sink.revoked().contains(key(1)); });
    fail_over();
    settles(first);
    settles(second);
    BOOST_TEST(on_b("select count(*) from latchkey.audit_events where action like '%reasserted'") ==
               "1");
    second.run_until([&] { return second.ask(1) == "revoked"; });
}

// An operator has restored it deliberately: what he says counts, also afterwards.
BOOST_FIXTURE_TEST_CASE(an_accepted_database_counts_as_it_is, losing_pair) {
    following_node n(own_server::uri_at(address), remembers);
    n.run_until_serving();
    begin_losing();
    obeys(n, a, revoke_key(1), key(1));
    a.stop("immediate");
    b->start();
    b->promote();
    session(b->uri()).exec("select latchkey.accept_database()");
    lead_to(*b);
    settles(n);
    n.run_until([&] { return n.ask(1) == "found" && !n.feed.sink.revoked().contains(key(1)); });
    BOOST_TEST(on_b(holds) == "");
}
BOOST_FIXTURE_TEST_CASE(a_database_may_be_accepted_afterwards, losing_pair) {
    following_node n(own_server::uri_at(address), remembers);
    n.run_until_serving();
    begin_losing();
    obeys(n, a, revoke_key(1), key(1));
    obeys(n, a, revoke_token("jti-1"), "jti-1");
    fail_over();
    n.run_until([&] { return n.feed.fresh() && n.ask(1) == "revoked"; });
    BOOST_TEST(session(b->uri()).value("select lifted from latchkey.accept_database()") == "2");
    n.run_until([&] { return n.ask(1) == "found"; });
    n.run_until([&] { return !n.feed.sink.revoked().contains("jti-1"); });
}

// A copy of the files has the era of the one that it replaces, and knows as little.
BOOST_AUTO_TEST_CASE(what_a_copy_that_was_put_back_lacks_is_written_back) {
    const server_folder folder;
    const own_server server(folder, "a");
    make_latchkey(server);
    session(server.uri()).exec(fill_with_keys(1));
    server.stop();
    server.keep_copy();
    server.start();
    following_node n(server.uri(), remembers);
    n.run_until_serving();
    obeys(n, server, revoke_key(1), key(1));
    const auto before = n.feed.fence.current();
    server.stop();
    server.put_copy_back();
    server.start();
    n.run_until([&] { return n.feed.fresh() && n.ask(1) == "revoked"; });
    n.run_until([&] { return !n.feed.remembered.pending(); });
    // From now on it has an era of its own.
    n.run_until([&] { return n.feed.fence.current() != before && n.feed.fresh(); });
    BOOST_TEST(session(server.uri()).value(holds) == "api_key:" + key(1));
}

// A node that was not there waits for those that were, before it answers.
BOOST_FIXTURE_TEST_CASE(a_new_node_waits_for_the_others, losing_pair) {
    auto n = std::make_unique<following_node>(own_server::uri_at(address), remembers);
    n->run_until_serving();
    n->run_until(
        [&] { return session(a.uri()).value("select settled from latchkey.nodes") != ""; });
    caught_up(a, *b);
    begin_losing();
    obeys(*n, a, revoke_key(1), key(1));
    fail_over();
    following_node newcomer(own_server::uri_at(address), remembers);
    newcomer.feed.run_for(core::milliseconds(1500));
    BOOST_TEST(!newcomer.feed.fresh());
    settles(*n);
    newcomer.run_until_serving();
    BOOST_TEST(newcomer.ask(1) == "revoked");
}

// One that is there, and has not finished, is waited for longer.
BOOST_FIXTURE_TEST_CASE(a_new_node_waits_longer_for_one_that_is_at_it, losing_pair) {
    following_node n(own_server::uri_at(address), remembers);
    n.run_until_serving();
    n.run_until([&] { return session(a.uri()).value("select settled from latchkey.nodes") != ""; });
    caught_up(a, *b);
    begin_losing();
    fail_over();
    session at(b->uri());
    at.exec("update latchkey.nodes set settled = '', heartbeat_at = clock_timestamp() + '1 hour'");
    following_node newcomer(own_server::uri_at(address), remembers);
    newcomer.feed.run_for(newcomer.feed.settings.settle_wait + core::milliseconds(1000));
    BOOST_TEST(!newcomer.feed.fresh());
    at.exec("delete from latchkey.nodes where settled = ''");
    newcomer.run_until_serving();
}

// A fact of before stays, one of after it does not, and what changed meanwhile is told.
BOOST_FIXTURE_TEST_CASE(a_node_that_is_remembered_keeps_its_cache, losing_pair) {
    following_node n(own_server::uri_at(address), remembers);
    n.run_until_serving();
    const auto old_fact = n.feed.known.sequence();
    n.feed.run_for(core::milliseconds(3500)); // until heartbeats have proved it
    caught_up(a, *b);
    const auto freshness = n.feed.known.freshness();
    begin_losing();
    obeys(n, a, revoke_token("jti-1"), "jti-1");
    const auto late_fact = n.feed.known.sequence();
    const auto losses = n.feed.known.losses();
    a.stop("immediate");
    b->start();
    b->promote();
    session(b->uri()).exec(revoke_key(2));
    lead_to(*b);
    settles(n);
    BOOST_TEST(n.feed.sink.beginnings() == 1u);
    BOOST_TEST(n.feed.log.text.find("the cache is kept") != std::string::npos);
    BOOST_TEST(n.feed.known.losses() == losses);
    BOOST_TEST((n.feed.known.freshness().boot > freshness.boot));
    const auto is_good = [&](std::uint64_t sequence) {
        auth::fact_origin fact;
        fact.sequence = sequence;
        return n.feed.known.unchanged(fact);
    };
    BOOST_TEST(is_good(old_fact));
    BOOST_TEST(!is_good(late_fact));
    n.run_until([&] { return n.feed.sink.revoked().contains(key(2)); });
    BOOST_TEST(n.feed.sink.revoked().contains("jti-1"));
    BOOST_TEST(on_b(holds) == "token:jti-1");
    n.run_until([&] { return n.ask(2) == "revoked"; });
}

// What the standby had got of the old primary, and the node had not seen, is in rows of the era
// before.
BOOST_FIXTURE_TEST_CASE(it_is_told_what_it_had_not_seen_of_the_old_primary, losing_pair) {
    following_node n(own_server::uri_at(address), remembers);
    n.run_until_serving();
    n.feed.run_for(core::milliseconds(1500));
    session late(a.uri());
    late.exec("begin; " + revoke_key(2)); // begins before, and ends after the node's last poll
    n.feed.run_for(core::milliseconds(1500));
    caught_up(a, *b);
    // The node does nothing from here on.
    late.exec("commit");
    session(a.uri()).exec(revoke_key(1));
    caught_up(a, *b);
    begin_losing();
    fail_over();
    settles(n);
    n.run_until([&] {
        const auto revoked = n.feed.sink.revoked();
        return revoked.contains(key(1)) && revoked.contains(key(2));
    });
    BOOST_TEST(n.feed.sink.beginnings() == 1u);
    const auto told = [&](std::size_t number) {
        return std::ranges::any_of(n.feed.sink.all, [&](const auto& t) {
            return std::ranges::count(t.changes.api_keys, key_number(number)) > 0;
        });
    };
    BOOST_TEST(told(1));
    BOOST_TEST(told(2));
}

// What was good again in the new database is so at once, and the set of revocations never lacks one
// that holds.
BOOST_FIXTURE_TEST_CASE(revocations_go_on_counting_meanwhile, losing_pair) {
    following_node n(own_server::uri_at(address), remembers);
    n.run_until_serving();
    obeys(n, a, revoke_token("stays"), "stays");
    obeys(n, a, revoke_token("goes"), "goes");
    n.feed.run_for(core::milliseconds(1500));
    caught_up(a, *b);
    begin_losing();
    a.stop("immediate");
    b->start();
    b->promote();
    session(b->uri()).exec("delete from latchkey.revocations where value = 'goes'");
    lead_to(*b);
    settles(n);
    BOOST_TEST(n.feed.sink.beginnings() == 1u);
    n.run_until([&] { return !n.feed.sink.revoked().contains("goes"); });
    BOOST_TEST(n.feed.sink.revoked().contains("stays"));
    const auto& all = n.feed.sink.all;
    BOOST_TEST(std::ranges::none_of(
        all, [](const auto& t) { return t.was_fresh && t.changes.forget_revocations; }));
}

// Nothing is kept if what was cached is older than it may be, or the database does not know the
// node.
BOOST_FIXTURE_TEST_CASE(a_node_that_is_forgotten_begins_anew, losing_pair) {
    following_node n(own_server::uri_at(address), remembers);
    n.run_until_serving();
    n.feed.run_for(core::milliseconds(1500));
    caught_up(a, *b);
    begin_losing();
    a.stop("immediate");
    b->start();
    b->promote();
    session(b->uri()).exec("delete from latchkey.nodes");
    lead_to(*b);
    n.run_until([&] { return n.feed.sink.beginnings() == 2u && n.feed.fresh(); });
    BOOST_TEST(n.feed.log.text.find("the cache is kept") == std::string::npos);
}

// A withdrawal that the new database tells once more is older than the revocation that it has lost.
BOOST_FIXTURE_TEST_CASE(an_older_withdrawal_does_not_hide_what_is_lost, losing_pair) {
    following_node n(own_server::uri_at(address), remembers);
    n.run_until_serving();
    obeys(n, a, revoke_token("jti"), "jti");
    n.feed.run_for(core::milliseconds(1500));
    session at(a.uri());
    at.exec("delete from latchkey.revocations where value = 'jti'");
    caught_up(a, *b);
    begin_losing();
    n.run_until([&] { return !n.feed.sink.revoked().contains("jti"); });
    obeys(n, a, revoke_token("jti"), "jti");
    fail_over();
    settles(n);
    BOOST_TEST(on_b(holds) == "token:jti");
    n.run_until([&] { return n.feed.sink.revoked().contains("jti"); });
}

// The end of a generation is never taken back, so what the new database does not know of is not
// kept.
BOOST_FIXTURE_TEST_CASE(lost_ends_of_generations_are_not_kept, losing_pair) {
    following_node n(own_server::uri_at(address), remembers);
    n.run_until_serving();
    n.feed.run_for(core::milliseconds(1500));
    caught_up(a, *b);
    begin_losing();
    obeys(n, a, revoke_key(1), key(1)); // ends a generation, too
    fail_over();
    n.run_until([&] { return n.feed.sink.beginnings() == 2u && n.feed.fresh(); });
    n.run_until([&] { return n.ask(1) == "revoked"; });
}

BOOST_AUTO_TEST_SUITE_END()

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
    BOOST_TEST(n.feed.log.text.find("had lost revocations") != std::string::npos);
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
    n.run_until([&] { return n.ask(1) == "found"; });
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

BOOST_AUTO_TEST_SUITE_END()

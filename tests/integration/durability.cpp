// What becomes of a change beyond the server that took it: on a standby, and after a fail-over.
#include "changing.hpp"
#include "own_server.hpp"
#include "running_feed.hpp"

#include <latchkey/pg/writes/operator_answers.hpp>

#include <boost/test/unit_test.hpp>

#include <memory>

using namespace latchkey;
using namespace latchkey::test;

namespace {

// A primary whose commits would wait for its standby.
struct with_standby {
    server_folder folder;
    own_server a{folder, "a"};
    std::unique_ptr<own_server> b;

    with_standby() {
        make_latchkey(a);
        b = std::make_unique<own_server>(folder, "b", &a);
        session on_a(a.uri());
        on_a.exec("alter system set synchronous_standby_names = '*'");
        on_a.exec("select pg_reload_conf()");
        while (on_a.value("select count(*) from pg_stat_replication where sync_state = 'sync'") !=
               "1")
            ::usleep(10'000);
    }
};

struct node {
    running_feed feed;
    pg::operator_answers answers;
    pg::configuration settings;

    explicit node(const std::string& uri)
        : feed(configuration_for(uri)),
          answers(feed.loop, feed.settings, feed.log, &feed.fence),
          settings(configuration_for(uri)) {
        feed.run_until_fresh();
    }
    ~node() { answers.stop(); }

    // Makes an organization, while the feed goes on.
    auth::change_position change(const std::string& id) {
        changing change(settings);
        change.while_waiting = [this] { feed.loop.poll(); };
        auth::operator_request by{R"({"kind":"test"})", "r", {}};
        const auto made = change.ask([&](pg::lifecycle& store) {
            return store.create_organization({id, "named " + id}, by);
        });
        BOOST_REQUIRE(made.has_value());
        return by.position.value();
    }
    auth::acknowledgement wait(const auth::change_position& made, core::milliseconds at_most) {
        std::optional<auth::acknowledgement> told;
        when_done(answers.wait_for_all(made.transaction, at_most),
                  [&](auth::acknowledgement one) { told = std::move(one); });
        feed.run_until([&] { return told.has_value(); });
        return std::move(*told);
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(durability)

// A commit that waits for a standby is invisible meanwhile, so that nobody would obey it.
BOOST_FIXTURE_TEST_CASE(a_change_is_obeyed_before_the_standby_has_it, with_standby) {
    node n(a.uri());
    const auto good = n.wait(n.change("one"), core::seconds(20));
    BOOST_TEST(good.complete);
    BOOST_TEST(good.replicated);

    b->pause();
    const auto made = n.change("two");
    n.feed.run_until([&] { return n.feed.has_applied(made); });
    const auto told = n.wait(made, core::milliseconds(300));
    BOOST_TEST(told.complete);
    BOOST_TEST(!told.replicated);
    // The polls go on, though what is written beside them would wait.
    const auto before = n.feed.known.freshness().boot;
    n.feed.run_until([&] { return n.feed.known.freshness().boot > before; });

    // It goes on within the bound.
    std::optional<auth::acknowledgement> later;
    when_done(n.answers.wait_for_all(made.transaction, core::seconds(20)),
              [&](auth::acknowledgement one) { later = std::move(one); });
    n.feed.run_for(core::milliseconds(50));
    BOOST_TEST(!later.has_value());
    b->resume();
    n.feed.run_until([&] { return later.has_value(); });
    BOOST_TEST(later->replicated);
}

BOOST_FIXTURE_TEST_CASE(who_may_not_see_standbys_waits_for_none, with_standby) {
    session(a.uri()).exec("create role plain login bypassrls; grant usage on schema public,"
                          " latchkey to plain; grant select, insert, update, delete on all tables"
                          " in schema public, latchkey to plain; grant execute on all functions in"
                          " schema latchkey to plain");
    node n("host=" + a.sockets() + " user=plain dbname=latchkey");
    b->pause();
    const auto told = n.wait(n.change("one"), core::seconds(20));
    BOOST_TEST(told.complete);
    BOOST_TEST(!told.replicated);
    b->resume();
}

// The standby becomes the primary: receipts from before count once everything is read anew there.
BOOST_FIXTURE_TEST_CASE(a_receipt_outlives_a_fail_over, with_standby) {
    node n(a.uri());
    const auto made = n.change("one");
    BOOST_TEST(n.wait(made, core::seconds(20)).replicated);
    a.stop("immediate");
    b->promote();
    session(b->uri()).exec("alter system reset synchronous_standby_names");
    session(b->uri()).exec("select pg_reload_conf()");
    node m(b->uri());
    m.feed.run_until([&] { return m.feed.has_applied(made); });
    const auto there = m.change("two");
    BOOST_TEST(there.place != made.place);
    m.feed.run_until([&] { return m.feed.has_applied(there); });
    // The node of the old primary cannot answer for what it has not met.
    BOOST_TEST(!n.feed.has_applied(there));
}

BOOST_AUTO_TEST_SUITE_END()

// Pruning of revocations: by the longest token lives that any node has told, a day after their last
// use, and unaffected by a clock that jumps.
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey::test;

namespace {

struct pruned_database : test_database {
    pruned_database() { migrate(); }

    void revoke(const std::string& value, const std::string& ago, const std::string& kind = "token",
                const std::string& issuer = "i") {
        exec("insert into latchkey.revocations (kind, issuer, value, created_at) values ('" + kind +
             "', '" + issuer + "', '" + value + "', clock_timestamp() - interval '" + ago + "')");
    }
    /// Prunes as a node whose other lives are a minute.
    void prune(const std::string& issuers = R"({"i": 60})", const std::string& others = "60") {
        exec("select latchkey.prune_revocations('" + issuers + "', " + others + ", 60, 60)");
    }
    std::string left() {
        return value("select coalesce(string_agg(value, ' ' order by value collate \"C\"), '')"
                     " from latchkey.revocations");
    }
    /// Puts the database in the state after its clock was set ahead by `by` since the last pruning.
    void clock_jumps(const std::string& by) {
        exec("update latchkey.feed_state set clock_seen_at = clock_timestamp() - interval '" + by +
             "'");
    }
    void clock_comes_back(const std::string& by) {
        exec("update latchkey.feed_state set clock_seen_at = clock_timestamp() + interval '" + by +
             "'");
    }
    void forget_lives_told_a_day_ago() {
        exec("update latchkey.feed_state set token_lives = (select jsonb_object_agg(lives,"
             " told_at::timestamptz - interval '25 hours')"
             " from jsonb_each_text(token_lives) as t (lives, told_at))");
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(pruning, pruned_database)

BOOST_AUTO_TEST_CASE(what_is_over_goes_a_day_later) {
    revoke("lately", "1 day");
    revoke("long ago", "1 day 61 s");
    exec("insert into latchkey.revocations (kind, issuer, value, expires_at) values"
         " ('token', 'i', 'ended', now() - interval '1 day'),"
         " ('token', 'i', 'ended long ago', now() - interval '1 day 61 s'),"
         " ('token', 'i', 'ends never', 'infinity')");
    prune();
    BOOST_TEST(left() == "ended ends never lately");
}

// Each node prunes for all, and each may be configured with other lives.
BOOST_AUTO_TEST_CASE(the_longest_lives_that_a_node_has_told_count) {
    revoke("of a week", "8 days", "token", "week");
    revoke("of two days", "4 days", "token", "other");
    revoke("of an organization", "4 days", "organization", "");
    prune(R"({"week": 604800, "other": 172800})", "172800");
    // A token of any issuer may name the organization, also of one that is configured later.
    BOOST_TEST(left() == "of an organization");
    exec("delete from latchkey.revocations");
    revoke("of a week", "7 days 23 hours", "token", "week");
    revoke("of two days", "2 days 23 hours", "token", "other");
    revoke("of both", "2 days 23 hours", "token", "short");
    revoke("of ours", "1 day 61 s", "credential", "");
    // This node says an hour for each issuer, and a minute for one of them.
    prune(R"({"short": 60, "other": 3600})", "3600");
    BOOST_TEST(left() == "of a week of both of two days");
    // The node with the longer lives has been gone for a day.
    forget_lives_told_a_day_ago();
    prune(R"({"short": 60, "other": 3600})", "3600");
    // No node knows its issuer any more, but one may again later.
    BOOST_TEST(left() == "of a week");
    BOOST_TEST(value("select count(*) from latchkey.feed_state, jsonb_object_keys(token_lives)") ==
               "1");
}

BOOST_AUTO_TEST_CASE(lives_that_never_end_are_the_longest) {
    revoke("t", "1000 days", "token", "endless");
    revoke("u", "1000 days", "token", "other");
    prune(R"({"endless": null, "other": 60})");
    prune(R"({"endless": 60, "other": 60})");
    BOOST_TEST(left() == "t");
    prune(R"({"other": null})", "null");
    revoke("u", "1000 days", "token", "other");
    prune(R"({"other": 60})");
    BOOST_TEST(left() == "t u");
}

// A node tells its lives even while another node prunes.
BOOST_AUTO_TEST_CASE(lives_are_told_whoever_prunes) {
    session other(uri());
    other.exec("begin; select pg_advisory_xact_lock(7021860473813)");
    prune(R"({"week": 604800})");
    other.exec("rollback");
    revoke("t", "3 days", "token", "week");
    prune();
    BOOST_TEST(left() == "t");
}

// After a clock jumps ahead, time is taken to stand still for a day, so that nothing is lost if it
// comes back.
BOOST_AUTO_TEST_CASE(a_clock_that_jumps_ahead_prunes_nothing) {
    prune();
    revoke("t", "1 day 61 s"); // 61 seconds ago, by the clock before its jump
    clock_jumps("1 day");
    exec("update latchkey.feed_state set clock_held_at = null");
    for (int minutes = 0; minutes < 3; ++minutes) {
        prune();
        BOOST_TEST(left() == "t");
        BOOST_TEST(
            value("select latchkey.trusted_now() < clock_timestamp() - interval '23 hours'") ==
            "t");
    }
    clock_comes_back("1 day");
    prune();
    BOOST_TEST(value("select latchkey.trusted_now() > clock_timestamp() - interval '1 minute'") ==
               "t");
    // The clock stays ahead, so its time counts.
    clock_jumps("1 day");
    prune();
    exec("update latchkey.feed_state set clock_held_until = clock_timestamp()");
    prune();
    prune();
    BOOST_TEST(left() == "");
}

// Each night, on a machine that is off until the morning.
BOOST_AUTO_TEST_CASE(nodes_that_are_often_away_prune_a_day_later) {
    prune();
    clock_jumps("10 hours");
    prune();
    const auto held = value("select clock_held_at from latchkey.feed_state");
    clock_jumps("10 hours");
    prune();
    BOOST_TEST(value("select clock_held_at from latchkey.feed_state") == held);
    exec("update latchkey.feed_state set clock_held_until = clock_timestamp()");
    clock_jumps("9 hours");
    prune();
    BOOST_TEST(value("select clock_held_at > '" + held +
                     "' and clock_held_until >"
                     " clock_timestamp() + interval '23 hours' from latchkey.feed_state") == "t");
}

// A few seconds between two nodes' calls do not count as a step of the clock.
BOOST_AUTO_TEST_CASE(a_pruner_that_waited_for_another_is_no_step_back) {
    prune();
    clock_jumps("1 hour");
    prune();
    clock_comes_back("5 seconds");
    prune();
    BOOST_TEST(value("select clock_held_at is not null and clock_seen_at > clock_timestamp()"
                     " from latchkey.feed_state") == "t");
}

// A row that another session is writing is left, and the pruning does not wait.
BOOST_AUTO_TEST_CASE(what_is_being_written_is_left) {
    revoke("busy", "1 day 61 s");
    revoke("idle", "1 day 61 s");
    session other(uri());
    other.exec("begin; update latchkey.revocations set reason = 'r' where value = 'busy'");
    exec("set lock_timeout = '1s'");
    prune();
    BOOST_TEST(left() == "busy");
    other.exec("rollback");
    prune();
    BOOST_TEST(left() == "");
}

BOOST_AUTO_TEST_SUITE_END()

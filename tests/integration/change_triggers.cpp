// Which changes write a row to the feed, and which do not.
#include "pg/feed/feed_statements.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;

namespace {

struct feed_database : migrated_database {
    feed_database() {
        exec("insert into public.organizations (organization_id) values ('o1'), ('o2')");
        exec("insert into latchkey.api_keys (key_hash, key_id, organization_id) select "
             "sha256(('k' || n)::bytea), 'key-' || n, 'o1' from generate_series(1, 10) n");
        exec("insert into public.device_credentials (device_id, device_secret, organization_id) "
             "values ('d1', 's1', 'o1'), ('d2', 's2', 'o1')");
        forget();
    }
    void forget() { exec("delete from latchkey.changes"); }
    /// Returns "kind:elements" of each row since the last call, in order.
    std::string changes() {
        std::string out;
        for (const auto& r : query("select kind || ':' || cardinality(keys) + cardinality(names) "
                                   "from latchkey.changes order by seq"))
            out += (out.empty() ? "" : " ") + r[0].value();
        forget();
        return out;
    }
    /// Returns the rows of a poll after a snapshot.
    rows poll(const std::string& snapshot) {
        std::string text = pg::statements::poll_changes.text;
        const auto set = [&](const std::string& parameter, const std::string& value) {
            for (auto at = text.find(parameter); at != std::string::npos; at = text.find(parameter))
                text.replace(at, 2, value);
        };
        set("$1", snapshot.empty() ? "null" : "'" + snapshot + "'");
        set("$2", "gen_random_uuid()");
        set("$3", "1000000");
        set("$4", "false");
        return query(text);
    }
    std::string snapshot() { return value("select pg_current_snapshot()"); }
    /// Snapshots span the cluster: a transaction in another test's database holds xmin back too.
    void until_older_transactions_ended() {
        const auto newest = value("select pg_snapshot_xmax(pg_current_snapshot())");
        const auto ended = [&] {
            return value("select pg_snapshot_xmin(pg_current_snapshot()) >= '" + newest +
                         "'::xid8") == "t";
        };
        for (int tries = 0; !ended(); ++tries) {
            BOOST_REQUIRE_MESSAGE(tries < 600, "a transaction is open somewhere in the cluster");
            exec("select pg_sleep(0.1)");
        }
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(change_triggers, feed_database)

BOOST_AUTO_TEST_CASE(what_is_judged_leaves_a_row_and_the_rest_does_not) {
    struct {
        const char* change;
        const char* rows;
    } const cases[] = {
        // Tokens are revoked with the key that they were made from, and with the organization that
        // they name (token_triggers.cpp). A second row of keys tells which of their generations
        // have
        // ended (credential_lives.cpp).
        {"update latchkey.api_keys set revoked_at = now() where key_id = 'key-1'",
         "api_keys:1 credentials:1 api_keys:1"},
        {"update latchkey.api_keys set enabled = false where key_id in ('key-1', 'key-2')",
         "api_keys:2 credentials:1 api_keys:2"},
        {"update latchkey.api_keys set enabled = false where key_id = 'key-1'", ""},
        {"update latchkey.api_keys set scopes = '{a}', name = 'n' where key_id = 'key-1'",
         "api_keys:1"},
        {"update latchkey.api_keys set metadata = '{\"a\": 1}' where key_id = 'key-1'",
         "api_keys:1"},
        {"update latchkey.api_keys set expires_at = 'infinity' where key_id = 'key-1'",
         "api_keys:1"},
        {"update latchkey.api_keys set allowed_networks = '{10.0.0.0/8}' where key_id = 'key-1'",
         "api_keys:1 api_keys:1"},
        {"update latchkey.api_keys set external_id = 'x' where key_id = 'key-1'", "api_keys:1"},
        {"update latchkey.api_keys set rate_limit_quantity = 1, rate_limit_window_s = 60"
         " where key_id = 'key-1'",
         "api_keys:1"},
        {"update latchkey.api_keys set rate_limit_burst = 7 where key_id = 'key-1'", "api_keys:1"},
        {"update latchkey.api_keys set rate_limit_burst = null, rate_limit_scope = 'fleet'"
         " where key_id = 'key-1'",
         "api_keys:1"},
        {"insert into latchkey.credit_accounts (kind, key_id, remaining) values ('key', 'key-1', "
         "5)",
         "api_keys:1"},
        {"update latchkey.credit_accounts set remaining = 7", ""},
        {"delete from latchkey.credit_accounts", "api_keys:1"},
        {"update latchkey.api_keys set caller_scopes = '{latchkey:verify}' where key_id = 'key-1'",
         "api_keys:1"},
        // When and why a key was revoked does not change any verdict.
        {"update latchkey.api_keys set created_at = now(), revoked_reason = 'r'", ""},
        {"update latchkey.api_keys set enabled = enabled", ""},
        {"update latchkey.api_keys set enabled = false where key_id = 'none'", ""},
        // A key gets another hash: the feed names both.
        {"update latchkey.api_keys set key_hash = sha256('other') where key_id = 'key-9'",
         "api_keys:2"},
        {"delete from latchkey.api_keys where key_id = 'key-10'",
         "api_keys:1 credentials:1 api_keys:1"},
        {"insert into latchkey.api_keys (key_hash, key_id, organization_id) values "
         "(sha256('k10'), 'key-10', 'o2')",
         "api_keys:1 credentials:1 api_keys:1 api_keys:1"},
        {"update public.organizations set status = 'disabled' where organization_id = 'o1'",
         "organizations:1 revocations:6"},
        {"update public.organizations set name = 'n'", ""},
        {"update public.organizations set status = 'active'", "organizations:1 revocations:6"},
        {"insert into public.organizations (organization_id) values ('o3'), ('o4')",
         "organizations:2"},
        {"delete from public.organizations where organization_id = 'o3'",
         "organizations:1 revocations:6"},
        {"update public.organizations set organization_id = 'o5' where organization_id = 'o4'",
         "organizations:2"},
        {"update public.organizations set api_keys = jsonb_build_array(jsonb_build_object("
         "'key_hash', encode(sha256('a'), 'hex'))) where organization_id = 'o5'",
         "api_keys:1"},
        {"update public.device_credentials set status = 'revoked' where device_id = 'd1'",
         "devices:1 credentials:1 api_keys:1"},
        {"update public.device_credentials set status = status", ""},
        {"update public.device_credentials set device_secret = 'x'", "devices:2"},
        {"update public.device_credentials set name = 'n', scopes = '{a}' where device_id = 'd1'",
         "devices:1"},
        {"update public.device_credentials set metadata = '{\"a\": 1}' where device_id = 'd1'",
         "devices:1"},
        {"update public.device_credentials set previous_secret = 'x'", "devices:2"},
        {"update public.device_credentials set previous_secret_until = now()", "devices:2"},
        {"update public.device_credentials set organization_id = 'o2' where device_id = 'd1'",
         "devices:1 api_keys:1"},
        // When a device was made or last seen, or why it was revoked, does not change any verdict.
        {"update public.device_credentials set created_at = now(), revoked_reason = 'r'", ""},
        {"update public.device_credentials set revoked_at = now() where device_id = 'd1'",
         "devices:1 api_keys:1"},
        {"update public.device_credentials set revoked_at = now() where device_id = 'd1'", ""},
        {"update public.device_credentials set device_id = 'd3' where device_id = 'd2'",
         "devices:2 credentials:1 api_keys:1"},
        {"delete from public.device_credentials where device_id = 'd1'",
         "devices:1 credentials:1 api_keys:1"},
        {"truncate public.device_credentials", "credentials:1 api_keys:1 everything:0"},
        {"insert into latchkey.credential_use values ('api_key', 'key-1', 1, now())", ""},
        {"truncate latchkey.api_keys", "credentials:2 credentials:9 api_keys:11 everything:0"},
        {"truncate public.organizations", "revocations:24 everything:0"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.change) {
            exec(c.change);
            BOOST_TEST(changes() == c.rows);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_large_change_is_a_few_rows) {
    exec("insert into latchkey.api_keys (key_hash, key_id, organization_id) select "
         "sha256(('many' || n)::bytea), 'many-' || n, 'o1' from generate_series(1, 2500) n");
    BOOST_TEST(changes() == "api_keys:1000 api_keys:1000 api_keys:500");
    exec("update latchkey.api_keys set revoked_at = now() where key_id like 'many-%'");
    BOOST_TEST(changes() == "api_keys:1000 api_keys:1000 api_keys:500"
                            " credentials:1000 credentials:1000 credentials:500"
                            " api_keys:1000 api_keys:1000 api_keys:500");
}

BOOST_AUTO_TEST_CASE(it_fires_in_a_session_that_replays_a_replica) {
    exec("set session_replication_role = replica");
    exec("update latchkey.api_keys set enabled = false where key_id = 'key-1'");
    exec("set session_replication_role = origin");
    BOOST_TEST(changes() == "api_keys:1 credentials:1 api_keys:1");
}

BOOST_AUTO_TEST_CASE(the_old_services_role_keeps_writing) {
    const auto role = make_role();
    exec("grant usage on schema public to " + role);
    exec("grant select, insert, update, delete on all tables in schema public to " + role);
    session old(uri(role));
    old.exec("update public.organizations set status = 'disabled' where organization_id = 'o1'");
    old.exec("update public.device_credentials set status = 'revoked' where device_id = 'd1'");
    old.exec("update public.organizations set api_keys = jsonb_build_array(jsonb_build_object("
             "'key_hash', encode(sha256('a'), 'hex'))) where organization_id = 'o2'");
    BOOST_TEST(old.sqlstate_of("select * from latchkey.changes") == "42501");
    BOOST_TEST(changes() == "organizations:1 revocations:6 devices:1 credentials:1"
                            " api_keys:1 api_keys:1");
}

BOOST_AUTO_TEST_CASE(what_is_rolled_back_leaves_nothing) {
    exec("begin; update latchkey.api_keys set enabled = false; rollback");
    BOOST_TEST(changes() == "");
}

BOOST_AUTO_TEST_CASE(a_poll_tells_each_change_once_however_late_it_commits) {
    const auto count = [](const rows& r) {
        return std::count_if(r.begin(), r.end(), [](const row& x) { return x[10].has_value(); });
    };
    const auto start = poll("");
    BOOST_REQUIRE(start.size() == 1u);
    BOOST_TEST(count(start) == 0);
    for (const std::size_t column : {0u, 1u, 2u, 3u, 4u, 6u, 7u})
        BOOST_TEST(start[0][column].has_value());
    auto last = *start[0][0];

    session late(uri());
    late.exec("begin; savepoint s; update latchkey.api_keys set name = 'n' where key_id = "
              "'key-1'");
    exec("update latchkey.api_keys set name = 'n' where key_id = 'key-2'");
    auto polled = poll(last);
    BOOST_TEST(count(polled) == 1);
    last = *polled[0][0];
    // Nothing comes twice while the other transaction is open.
    for (int i = 0; i < 3; ++i) {
        polled = poll(last);
        BOOST_TEST(polled.size() == 1u);
        BOOST_TEST(count(polled) == 0);
        last = *polled[0][0];
    }
    late.exec("release savepoint s; commit");
    polled = poll(last);
    BOOST_TEST(count(polled) == 1);
    BOOST_TEST(count(poll(*polled[0][0])) == 0);
}

// A poll must not read the whole feed: in a large one it uses the index on xid.
BOOST_AUTO_TEST_CASE(a_poll_of_a_large_feed_reads_what_is_new) {
    exec("insert into latchkey.changes (xid, kind, keys) select (n::text)::xid8, 'api_keys', "
         "array[sha256(n::text::bytea)] from generate_series(1, 100000) n");
    exec("analyze latchkey.changes");
    const auto text = std::string(pg::statements::poll_changes.text);
    exec("set plan_cache_mode = force_generic_plan");
    exec("prepare poll (text, uuid, int8, boolean) as " + text);
    std::string plan;
    for (const auto& r : query("explain (analyze, costs off, timing off) execute poll('" +
                               snapshot() + "', gen_random_uuid(), 1000000, false)"))
        plan += r[0].value() + "\n";
    BOOST_TEST_INFO(plan);
    BOOST_TEST(plan.find("changes_xid_idx") != std::string::npos);
    BOOST_TEST_INFO(plan);
    BOOST_TEST(plan.find("Seq Scan on changes") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(pruning_keeps_what_a_live_node_has_not_applied) {
    const auto node = [&](const std::string& name, const std::string& heartbeat,
                          const std::string& applied) {
        exec("insert into latchkey.nodes (instance_id, node, version, started_at, heartbeat_at, "
             "max_staleness, applied) values (gen_random_uuid(), '" +
             name + "', '1', now(), clock_timestamp() - interval '" + heartbeat +
             "', '1 minute', " + applied + ")");
    };
    const auto prune = [&](const char* keep = "0") {
        return value("select latchkey.prune_changes('" + std::string(keep) + "', '10 s')");
    };
    exec("update latchkey.api_keys set name = 'n' where key_id = 'key-1'");
    until_older_transactions_ended();
    const auto seen = snapshot();
    exec("update latchkey.api_keys set name = 'n' where key_id = 'key-2'");
    until_older_transactions_ended();
    BOOST_TEST(prune("1 hour") == "0");
    node("live", "0 s", "'" + seen + "'");
    node("gone", "2 minutes", "'1:1:'");
    node("new", "0 s", "null");
    node("forgotten", "3 days", "'1:1:'");
    BOOST_TEST(prune() == "1");
    BOOST_TEST(value("select count(*) from latchkey.nodes") == "3");
    BOOST_TEST(value("select pruned_below > '0' and pruned_below <= pg_snapshot_xmin('" + seen +
                     "') from latchkey.feed_state") == "t");
    exec("delete from latchkey.nodes");
    // Another node is pruning.
    session other(uri());
    other.exec("begin; select latchkey.prune_changes('1 hour', '10 s')");
    BOOST_TEST(prune() == "0");
    other.exec("rollback");
    BOOST_TEST(prune() == "1");
    BOOST_TEST(value("select count(*) from latchkey.changes") == "0");
}

BOOST_AUTO_TEST_SUITE_END()

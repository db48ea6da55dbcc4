// The operator's writes, made by pg::lifecycle.
#include "changing.hpp"
#include "running_store.hpp"

#include <latchkey/core/text/json_text.hpp>
#include <latchkey/crypto/digest.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;
using core::failure_kind;

namespace {

auth::new_api_key key_for(const std::string& organization, std::size_t number) {
    auth::new_api_key key;
    key.key_hash = key_number(number);
    key.key_id = key_id_of(key.key_hash);
    key.organization_id = organization;
    key.name = "ci";
    return key;
}

// An organization whose array holds key `number`, as the older service writes it.
std::string array_with_key(std::size_t number) {
    const auto hash = crypto::to_hex(key_number(number));
    return R"([{"key_id": "old", "key_hash": ")" + hash + R"("}])";
}
std::string set_array(const std::string& array) {
    return "insert into public.organizations (organization_id, name, api_keys)"
           " values ('acme', 'Acme', '" +
           array + "') on conflict (organization_id) do update set api_keys = excluded.api_keys";
}

} // namespace

BOOST_AUTO_TEST_SUITE(operator_writes)

BOOST_AUTO_TEST_CASE(makes_an_organization_and_a_key_that_is_found) {
    migrated_database database;
    changing change(database.configuration());

    const auto made = change.create(auth::new_organization{"acme", "Acme, Inc."});
    BOOST_TEST(made.value().organization_id == "acme");
    BOOST_TEST(made.value().name.value() == "Acme, Inc.");
    BOOST_TEST(made.value().status == "active");

    auto key = key_for("acme", 1);
    key.external_id = "u-1";
    key.scopes = {"devices:write", "read"};
    key.metadata = R"({"team": "a\"b"})";
    key.allowed_networks = {"10.0.0.0/8", "::1"};
    key.expires_at = core::real_time(core::seconds(1893553445));
    key.rate_limit = core::rate_rule::make(100, core::seconds(60), 20);
    BOOST_TEST(change.create(key).has_value());

    running_store running(database.configuration());
    const auto facts = running.record_of(key.key_hash)->facts();
    BOOST_TEST(facts.key_id == key.key_id);
    BOOST_TEST(facts.name.value() == "ci");
    BOOST_TEST(facts.external_id.value() == "u-1");
    BOOST_TEST(facts.scopes == key.scopes, boost::test_tools::per_element());
    std::string compact;
    core::append_compact_json(compact, key.metadata);
    BOOST_TEST(facts.metadata == compact);
    BOOST_TEST(facts.allowed_networks.size() == 2u);
    BOOST_TEST((facts.expires_at == key.expires_at));
    BOOST_TEST((facts.rate_limit == key.rate_limit));
    BOOST_TEST(!facts.revoked);
}

// Triggers see who asks, and the asker learns which transaction it was.
BOOST_AUTO_TEST_CASE(the_transaction_knows_who_asks) {
    migrated_database database;
    database.exec("create table public.seen (actor text, request text, sync text, xid text);"
                  "create function public.see() returns trigger language plpgsql as $$ begin"
                  " insert into public.seen values (current_setting('latchkey.actor', true),"
                  " current_setting('latchkey.request_id', true),"
                  " current_setting('synchronous_commit'), pg_current_xact_id()::text);"
                  " return new; end $$;"
                  "create trigger see before insert on public.organizations for each row"
                  " execute function public.see()");
    for (const bool prepared : {true, false})
        BOOST_TEST_CONTEXT("prepared " << prepared) {
            auto settings = database.configuration();
            settings.prepared_statements = prepared;
            changing change(settings);
            const std::string who = prepared ? R"({"kind":"socket","name":"Zoë"})" : "{}";
            auth::operator_request by{who, "r-1", {}};
            const auto made = change.ask([&](auto& store) {
                return store.create_organization({who.substr(0, 4), "A"}, by);
            });
            BOOST_TEST(made.has_value());
            BOOST_TEST(database.value("select actor || request || sync || xid from public.seen") ==
                       who + "r-1local" + by.transaction.value_or("none"));
            database.exec("delete from public.seen");
        }
}

BOOST_AUTO_TEST_CASE(a_write_that_the_database_does_not_take_fails_with_who_asks) {
    migrated_database database;
    changing change(database.configuration());
    auth::operator_request by{std::string("\xff"), "r-1", {}};
    const auto refused = change.ask([&](auto& store) {
        return store.create_organization({"a", "A"}, by);
    });
    BOOST_TEST((refused.error().kind == failure_kind::invalid));
    BOOST_TEST(change.create(auth::new_organization{"a", "A"}).has_value());
}

BOOST_AUTO_TEST_CASE(makes_up_an_id_for_text_and_uuid_columns) {
    for (const std::string type : {"text", "uuid"}) {
        BOOST_TEST_CONTEXT(type) {
            test_database database;
            database.exec("create table public.organizations (organization_id " + type +
                          " primary key)");
            database.migrate();
            changing change(database.configuration());

            const auto made = change.create(auth::new_organization{std::nullopt, "Acme"});
            BOOST_TEST(made.value().organization_id.size() == 36u);
            BOOST_TEST(change.create(key_for(made.value().organization_id, 1)).has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(says_why_not) {
    migrated_database database;
    changing change(database.configuration());
    BOOST_TEST(change.create(auth::new_organization{"acme", "Acme"}).has_value());
    BOOST_TEST(change.create(key_for("acme", 1)).has_value());

    const auto twice = change.create(auth::new_organization{"acme", "Acme"});
    BOOST_TEST((twice.error().kind == failure_kind::conflict));
    BOOST_TEST(twice.error().message == "there is an organization \"acme\" already");

    const auto nobody = change.create(key_for("nobody", 2));
    BOOST_TEST((nobody.error().kind == failure_kind::not_found));
    BOOST_TEST(nobody.error().message ==
               "there is no organization \"nobody\"; make it first: latchkey org create");

    const auto same_key = change.create(key_for("acme", 1));
    BOOST_TEST((same_key.error().kind == failure_kind::conflict));
}

// The older service's constraints may be checked at the commit only, after the statement's rows
// have come: what is not committed is not told as done, and the connection goes on.
BOOST_AUTO_TEST_CASE(a_commit_that_fails_is_told_as_failed) {
    migrated_database database;
    database.exec("create function public.refuse() returns trigger language plpgsql as $$ begin"
                  " raise exception 'not %', new.name using errcode = case new.name"
                  " when 'serial' then '40001' else '23514' end; end $$;"
                  " create constraint trigger late after insert on public.organizations"
                  " deferrable initially deferred for each row when (new.name <> 'Acme')"
                  " execute function public.refuse()");
    changing change(database.configuration());

    BOOST_TEST(change.create(auth::new_organization{"acme", "Acme"}).has_value());
    const auto pid = "select string_agg(pid::text, ',' order by pid) from pg_stat_activity"
                     " where datname = current_database() and backend_type = 'client backend'";
    const auto before = database.value(pid);
    const auto refused = change.create(auth::new_organization{"bad", "bad"});
    BOOST_REQUIRE(!refused.has_value());
    BOOST_TEST((refused.error().kind == failure_kind::internal));
    BOOST_TEST(refused.error().message ==
               "the database refused the change: not bad (SQLSTATE 23514)");
    const auto later = change.create(auth::new_organization{"serial", "serial"});
    BOOST_REQUIRE(!later.has_value());
    BOOST_TEST((later.error().kind == failure_kind::unavailable));
    BOOST_TEST(change.create(key_for("acme", 1)).has_value());

    BOOST_TEST(database.value("select count(*) from public.organizations") == "1");
    BOOST_TEST(database.value(pid) == before, "the connection must go on");
}

BOOST_AUTO_TEST_CASE(a_text_is_no_uuid) {
    test_database database;
    database.exec("create table public.organizations (organization_id uuid primary key)");
    database.migrate();
    changing change(database.configuration());

    const auto made = change.create(auth::new_organization{"acme", "Acme"});
    BOOST_TEST((made.error().kind == failure_kind::invalid));
    const auto key = change.create(key_for("acme", 1));
    BOOST_TEST((key.error().kind == failure_kind::invalid));
}

BOOST_AUTO_TEST_CASE(revokes_a_key_once) {
    migrated_database database;
    database.exec(fill_with_keys(2));
    changing change(database.configuration());
    const auto hash = key_number(1);

    const auto first = change.revoke(key_id_of(hash), "leaked \"x\"").value();
    BOOST_TEST((first.key_hash == hash));
    BOOST_TEST(first.key_id == key_id_of(hash));
    BOOST_TEST(first.organization_id == "acme");
    BOOST_TEST(first.reason.value() == "leaked \"x\"");
    const auto since = std::chrono::system_clock::now() - first.revoked_at;
    BOOST_TEST((since > core::seconds(-60) && since < core::seconds(60)));

    for (const std::optional<std::string>& reason : {std::optional<std::string>("again"), {}}) {
        const auto again = change.revoke(key_id_of(hash), reason).value();
        BOOST_TEST((again.revoked_at == first.revoked_at));
        BOOST_TEST(again.reason.value() == "leaked \"x\"");
        BOOST_TEST((again.key_hash == hash));
    }

    running_store running(database.configuration());
    BOOST_TEST(running.record_of(hash)->facts().revoked);
    BOOST_TEST(!running.record_of(key_number(2))->facts().revoked);
}

BOOST_AUTO_TEST_CASE(revokes_without_a_reason) {
    migrated_database database;
    database.exec(fill_with_keys(1));
    changing change(database.configuration());
    const auto id = key_id_of(key_number(1));

    const auto first = change.revoke(id).value();
    BOOST_TEST(!first.reason.has_value());
    // The first revocation had no reason, and a later one adds none.
    BOOST_TEST(!change.revoke(id, "late").value().reason.has_value());
}

BOOST_AUTO_TEST_CASE(does_not_revoke_what_is_not_there) {
    migrated_database database;
    database.exec(fill_with_keys(1));
    changing change(database.configuration());

    const auto unknown = change.revoke("key_none", "x");
    BOOST_TEST((unknown.error().kind == failure_kind::not_found));
    BOOST_TEST(unknown.error().message == "there is no key \"key_none\"");
    const auto no_utf8 = change.revoke("\xff", "x");
    BOOST_TEST((no_utf8.error().kind == failure_kind::invalid));
    BOOST_TEST(database.value(
                   "select count(*) from latchkey.api_keys where revoked_at is not null") == "0");
}

BOOST_AUTO_TEST_CASE(two_revocations_at_once_tell_the_same) {
    migrated_database database;
    database.exec(fill_with_keys(1));
    const auto id = key_id_of(key_number(1));
    session other(database.uri());
    other.exec("begin; update latchkey.api_keys set revoked_at = '2020-01-01Z',"
               " revoked_reason = 'first'");

    // The revocation waits for the other session's lock; that one commits once it sees the wait.
    changing change(database.configuration());
    change.while_waiting = [&] {
        if (database.value("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                           " and datname = current_database()") == "1") {
            other.exec("commit");
            change.while_waiting = {};
        }
    };
    const auto second = change.revoke(id, "second").value();
    BOOST_TEST(second.reason.value() == "first");
    BOOST_TEST((second.revoked_at == core::real_time(core::seconds(1'577'836'800))));
    BOOST_TEST(!change.while_waiting);
}

BOOST_AUTO_TEST_CASE(the_older_array_does_not_undo_a_revocation) {
    migrated_database database;
    database.exec(set_array(array_with_key(1)));
    changing change(database.configuration());
    const auto reason = "select coalesce(revoked_reason, 'none') from latchkey.api_keys";

    BOOST_TEST(change.revoke("old", "leaked").has_value());
    database.exec(set_array("[]"));
    database.exec(set_array(array_with_key(1)));
    BOOST_TEST(change.revoke("old").value().reason.value() == "leaked");
    BOOST_TEST(database.value(reason) == "leaked");
}

BOOST_AUTO_TEST_CASE(a_key_dropped_from_the_array_can_still_be_revoked_for_good) {
    for (const auto& asked : {std::optional<std::string>("leaked"), std::optional<std::string>()}) {
        BOOST_TEST_CONTEXT(asked.value_or("no reason")) {
            migrated_database database;
            database.exec(set_array(array_with_key(1)));
            const auto revoked = "select revoked_at is not null from latchkey.api_keys";
            database.exec(set_array("[]"));
            BOOST_TEST(database.value(revoked) == "t");
            // The constant agrees with the migration: only this reason can be undone.
            BOOST_TEST(database.value("select revoked_reason from latchkey.api_keys") ==
                       auth::array_removal_reason);
            database.exec(set_array(array_with_key(1)));
            BOOST_TEST(database.value(revoked) == "f");
            database.exec(set_array("[]"));
            database.exec("update latchkey.api_keys set revoked_at = '2020-01-01Z'");

            changing change(database.configuration());
            const auto done = change.revoke("old", asked).value();
            BOOST_TEST((done.revoked_at == core::real_time(core::seconds(1'577'836'800))));
            BOOST_TEST((done.reason == asked));
            database.exec(set_array(array_with_key(1)));
            BOOST_TEST(database.value(revoked) == "t");
        }
    }
}

BOOST_AUTO_TEST_CASE(lists_the_nodes_and_which_of_them_live) {
    migrated_database database;
    changing change(database.configuration());
    BOOST_TEST(change.nodes().value().empty());

    database.exec("insert into latchkey.nodes"
                  " (instance_id, node, version, started_at, heartbeat_at, max_staleness) values"
                  " ('00000000-0000-4000-8000-000000000003', 'b', '0.1.0', '2027-01-01Z',"
                  "  clock_timestamp() - interval '80 s', '60 s'),"
                  " ('00000000-0000-4000-8000-000000000002', 'a', '0.2.0', '2027-01-02Z',"
                  "  clock_timestamp() - interval '40 s', '1500 ms'),"
                  " ('00000000-0000-4000-8000-000000000001', 'a', '0.1.0', '2027-01-01Z',"
                  "  clock_timestamp() - interval '40 s', '60 s'),"
                  " ('00000000-0000-4000-8000-000000000004', 'c', '0.1.0', '2027-01-01Z',"
                  "  '-infinity', '1 day')");
    const auto nodes = change.nodes().value();
    struct {
        const char* node;
        const char* version;
        char last_of_id;
        long long max_staleness_ms;
        bool live;
        long long lag_seconds;
    } const expected[] = {{"a", "0.1.0", '1', 60'000, true, 40},
                          {"a", "0.2.0", '2', 1'500, false, 40},
                          {"b", "0.1.0", '3', 60'000, false, 80},
                          {"c", "0.1.0", '4', 86'400'000, false, -1}};
    BOOST_REQUIRE(nodes.size() == std::size(expected));
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        BOOST_TEST_CONTEXT(expected[i].last_of_id) {
            const auto& node = nodes[i];
            BOOST_TEST(node.node == expected[i].node);
            BOOST_TEST(node.version == expected[i].version);
            BOOST_TEST(node.instance_id.size() == 36u);
            BOOST_TEST(node.instance_id.back() == expected[i].last_of_id);
            BOOST_TEST(node.max_staleness.count() == expected[i].max_staleness_ms);
            BOOST_TEST(node.live == expected[i].live);
            const auto lag = node.lag ? node.lag->count() / 1000 : -1;
            BOOST_TEST(lag >= expected[i].lag_seconds);
            BOOST_TEST(lag < expected[i].lag_seconds + 20);
        }
    }
    BOOST_TEST((nodes[0].started_at == core::real_time(core::seconds(1'798'761'600))));
    BOOST_TEST((nodes[3].heartbeat_at == core::real_time::min()));
}

BOOST_AUTO_TEST_CASE(tries_a_new_connection_after_a_lost_one) {
    migrated_database database;
    changing change(database.configuration());
    BOOST_TEST(change.create(auth::new_organization{"one", ""}).has_value());

    database.exec("select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                  " where application_name = 'latchkey' and datname = current_database()");
    // The first write may notice the loss; the next one has a new connection.
    const auto second = change.create(auth::new_organization{"two", ""});
    if (!second) BOOST_TEST((second.error().kind == failure_kind::unavailable));
    BOOST_TEST(change.create(auth::new_organization{"three", ""}).has_value());
}

BOOST_AUTO_TEST_CASE(a_lock_is_waited_for_within_the_write_timeout) {
    migrated_database database;
    auto settings = database.configuration();
    settings.write_timeout = core::milliseconds(200);
    changing change(settings);
    BOOST_TEST(change.create(auth::new_organization{"one", ""}).has_value());

    session other(database.uri());
    other.exec("begin; lock table public.organizations in access exclusive mode");
    const auto late = change.create(auth::new_organization{"two", ""});
    BOOST_TEST((late.error().kind == failure_kind::unavailable));
    other.exec("rollback");
    BOOST_TEST(change.create(auth::new_organization{"three", ""}).has_value());
}

BOOST_AUTO_TEST_CASE(an_unreachable_server_is_unavailable) {
    pg::configuration settings;
    settings.uri = crypto::secret(std::string("postgresql:///x?host=/nowhere"));
    changing change(settings);

    const auto made = change.create(auth::new_organization{"acme", "Acme"});
    BOOST_TEST((made.error().kind == failure_kind::unavailable));
}

BOOST_AUTO_TEST_SUITE_END()

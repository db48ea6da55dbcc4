// Who changed what is recorded by triggers, in the transaction that changes it.
#include "audited_database.hpp"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>

using namespace latchkey;
using namespace latchkey::test;

namespace {

std::string element_of(char digit, const std::string& more = {}) {
    return R"({"key_hash": ")" + std::string(64, digit) + R"(", "key_id": ")" + digit + '"' + more +
           "}";
}
std::string set_array(const std::string& elements) {
    return "update public.organizations set api_keys = '[" + elements + "]'";
}
const std::string insert_devices =
    "insert into public.device_credentials (device_id, device_secret, organization_id)"
    " select 'd' || n, 's', 'o' from generate_series(1, ";

struct story {
    std::string done;
    std::string recorded;
};
const story stories[] = {
    {"insert into public.organizations (organization_id, name) values ('o', 'Acme')",
     "organization.create o"},
    {set_array(element_of('1')), "api_key.create 1"},
    {set_array(element_of('1', R"(, "is_active": false)")), "api_key.disable 1"},
    {set_array(element_of('1')), "api_key.enable 1"},
    {set_array(element_of('1', R"(, "scopes": ["read"])")), "api_key.update 1"},
    {set_array(element_of('1', R"(, "scopes": ["read"], "last_used_at": "2030-01-01")")), ""},
    {set_array(""), "api_key.revoke 1"},
    {set_array(element_of('1')), "api_key.restore 1"},
    {"update public.organizations set name = 'Acme'", ""},
    {"update public.organizations set name = 'Acme, Inc.'", "organization.update o"},
    {"update public.organizations set status = 'off'", "organization.disable o"},
    {"update public.organizations set status = 'active'", "organization.enable o"},
    {insert_devices + "2) n", "device.create d1, device.create d2"},
    {"update public.device_credentials set status = 'off' where device_id = 'd1'",
     "device.disable d1"},
    {"update public.device_credentials set device_secret = 'sha256:t', previous_secret ="
     " device_secret where device_id = 'd2'",
     "device.rotate d2"},
    {"update public.device_credentials set device_secret = 'scrypt:s' where device_id = 'd1'",
     "device.rehash d1"},
    {"update public.device_credentials set revoked_at = now() where device_id = 'd2'",
     "device.revoke d2"},
    {"update public.device_credentials set name = name", ""},
    {"delete from public.device_credentials where device_id = 'd1'", "device.delete d1"},
    {"truncate public.device_credentials", "device.truncate"},
    {"insert into latchkey.revocations (id, kind, issuer, value) overriding system value values"
     " (70, 'token', 'i', 't')",
     "revocation.create 70"},
    {"update latchkey.revocations set expires_at = '2040-01-01' where kind = 'token'",
     "revocation.update 70"},
    {"delete from latchkey.revocations where kind = 'token'", "revocation.delete 70"},
    {"insert into latchkey.signing_keys (key_id, algorithm, state, kek_id) values"
     " ('s', 'ES256', 'next', 'kek')",
     "signing_key.create s"},
    {"update latchkey.signing_keys set state = 'current'", "signing_key.update s"},
    {"delete from latchkey.signing_keys", "signing_key.delete s"},
    {"update latchkey.api_keys set metadata = '{\"a\": 1}'", "api_key.update 1"},
    {"delete from latchkey.api_keys", "api_key.delete 1"},
    {"delete from public.organizations", "organization.delete o"},
};

const std::string by_latchkey =
    R"(set local latchkey.actor = '{"kind":"socket","uid":7}'; set local latchkey.request_id = 'r')";

} // namespace

BOOST_FIXTURE_TEST_SUITE(audit_trail, audited_database)

BOOST_AUTO_TEST_CASE(each_change_is_recorded_and_a_touch_is_not) {
    for (const auto& s : stories)
        BOOST_TEST_CONTEXT(s.done) {
            exec(s.done);
            BOOST_TEST(recorded() == s.recorded);
        }
    BOOST_TEST(failed() == "0");
}

// Logical replication fires no trigger of statements.
BOOST_AUTO_TEST_CASE(a_session_that_replays_is_recorded_the_same) {
    exec("set session_replication_role = replica");
    for (const auto& s : stories)
        BOOST_TEST_CONTEXT(s.done) {
            exec(s.done);
            BOOST_TEST(recorded() == s.recorded);
        }
    exec(insert_devices + "250) n");
    BOOST_TEST(recorded("case when object_id is null then action else '' end").size() ==
               100 * 2 + std::string("device.create").size());
}

BOOST_AUTO_TEST_CASE(what_differs_is_shown_and_no_secret) {
    exec("insert into public.organizations (organization_id, name) values ('o', 'Acme')");
    BOOST_TEST(last_change() == R"({"name": "Acme", "status": "active", "organization_id": "o"})");
    exec("update public.organizations set organization_id = 'p', name = null");
    BOOST_TEST(last_change() == R"({"name": "Acme", "organization_id": "o"} -> )"
                                R"({"name": null, "organization_id": "p"})");
    exec(set_array(element_of('1', R"(, "key": "CANARY", "metadata": {"a": "CANARY"})")));
    exec(set_array(element_of('1', R"(, "key": "CANARY CANARY")")));
    BOOST_TEST(recorded("after::text").ends_with(R"({"metadata": "changed"})"));
    // What is unknown of an element stays so when its key is adopted.
    exec("update latchkey.api_keys set origin = 'latchkey', adopted_at = now(),"
         " metadata = '{\"a\": \"CANARY\"}'");
    BOOST_TEST(recorded("after ->> 'metadata'") == "changed");
    exec(insert_devices + "1) n; update public.device_credentials set device_secret = 'CANARY';"
                          "update public.device_credentials set metadata = '{\"a\": \"CANARY\"}',"
                          " device_secret = 'sha256:CANARY', previous_secret = device_secret");
    BOOST_TEST(last_change().ends_with(
        R"({"secret_form": "bare"} -> {"metadata": "changed", "secret_form": "sha256", )"
        R"("device_secret": "changed", "previous_secret": "changed"})"));
    exec("insert into latchkey.signing_keys (key_id, algorithm, state, kek_id, sealed, public_jwk)"
         " values ('s', 'ES256', 'next', 'kek', 'CANARY', '{\"k\": \"CANARY\"}');"
         "update latchkey.signing_keys set sealed = 'CANARY2'");
    BOOST_TEST(value("select count(*) from latchkey.audit_events e where e::text ~ 'CANARY'"
                     " or e::text ~ '" +
                     std::string(16, '1') + "' or e::text ~ encode('CANARY', 'hex')") == "0");
    // Of the operators' own keys metadata are shown.
    exec("insert into latchkey.api_keys (key_hash, key_id, organization_id, metadata) values"
         " (sha256('k'), 'k', 'p', '{\"team\": 1}')");
    BOOST_TEST(last_change().find(R"("metadata": {"team": 1})") != std::string::npos);
    exec("update public.organizations set name = repeat('n', 10000)");
    BOOST_TEST(last_change() == R"({"name": null} -> {"name": {"bytes": 10002}})");
}

BOOST_AUTO_TEST_CASE(who_asked_is_believed_of_latchkey_alone) {
    exec("begin;" + by_latchkey +
         "; insert into public.organizations (organization_id) values ('o'); commit");
    BOOST_TEST(recorded("concat_ws(' ', actor, request_id, organization_id)") ==
               R"({"uid": 7, "kind": "socket"} r o)");
    exec("update public.organizations set name = 'past it'");
    BOOST_TEST(recorded("concat_ws(' ', actor ->> 'kind', (actor ->> 'role') = session_user,"
                        " request_id)") == "sql t");

    const auto role = make_role();
    exec("grant select, update on public.organizations to " + role);
    session older(uri(role));
    older.exec("begin;" + by_latchkey + "; update public.organizations set name = 'x'; commit");
    BOOST_TEST(recorded("concat_ws(' ', actor ->> 'kind', actor ->> 'role', request_id)") ==
               "sql " + role);
    // A server's role that is no owner.
    exec("grant usage on schema latchkey to " + role);
    exec("grant execute on function latchkey.record_event to " + role);
    older.exec("begin;" + by_latchkey + "; update public.organizations set name = 'y'; commit");
    BOOST_TEST(recorded("concat_ws(' ', actor ->> 'kind', request_id)") == "socket r");
    older.exec("set latchkey.actor = 'no JSON'; update public.organizations set name = 'z'");
    BOOST_TEST(recorded("actor ->> 'kind'") == "sql");
}

BOOST_AUTO_TEST_CASE(a_large_set_is_recorded_as_a_set) {
    exec(insert_devices + "250) n");
    BOOST_TEST(value("select concat_ws(' ', count(*), count(object_id), max(after::text) filter"
                     " (where object_id is null)) from latchkey.audit_events") ==
               R"(101 100 {"further": 150, "objects": 250})");
    recorded();
    exec("begin;" + by_latchkey + "; update public.device_credentials set status = 'off'; commit");
    BOOST_TEST(value("select count(object_id) from latchkey.audit_events"
                     " where action = 'device.disable'") == "250");
    recorded();
    exec("update public.device_credentials set status = 'active';"
         "delete from public.device_credentials");
    BOOST_TEST(value("select string_agg(concat_ws(' ', action, after), ', ' order by event_id)"
                     " from latchkey.audit_events where object_id is null and event_id > 352") ==
               R"(device.update {"further": 150, "objects": 250}, )"
               R"(device.delete {"further": 150, "objects": 250})");
}

// By rows, since partitions may be written directly.
BOOST_AUTO_TEST_CASE(partitioned_older_tables_are_recorded_once_and_in_bounds) {
    test_database database;
    database.exec("create table public.device_credentials (device_id text, device_secret text,"
                  " organization_id text, status text default 'active') partition by list (status);"
                  "create table public.good partition of public.device_credentials default;"
                  "create table public.off partition of public.device_credentials for values in"
                  " ('off')");
    database.migrate();
    const auto recorded = [&] {
        return database.value("select string_agg(concat_ws(' ', action, object_id), ', '"
                              " order by event_id) from latchkey.audit_events where xid ="
                              " (select xid from latchkey.audit_events order by event_id desc"
                              " limit 1)");
    };
    database.exec(insert_devices + "2) n");
    BOOST_TEST(recorded() == "device.create d1, device.create d2");
    database.exec("insert into public.good (device_id, device_secret) values ('direct', 's')");
    BOOST_TEST(recorded() == "device.create direct");
    database.exec("truncate public.good");
    BOOST_TEST(recorded() == "device.truncate");
    database.exec(insert_devices + "1000) n");
    BOOST_TEST(database.value("select count(*) from latchkey.audit_events where object_id like"
                              " 'd%'") == "103");
    BOOST_TEST(database.value("select failed from latchkey.audit_state()") == "0");
}

BOOST_AUTO_TEST_CASE(what_follows_from_a_recorded_change_is_not_recorded_again) {
    exec("insert into public.organizations (organization_id, status) values ('o', 'off')");
    BOOST_TEST(value("select kind from latchkey.revocations") == "disabled_organization");
    BOOST_TEST(recorded() == "organization.create o");
    // By hand it is no consequence of anything.
    exec("delete from latchkey.revocations");
    BOOST_TEST(recorded("action") == "revocation.delete");
}

BOOST_AUTO_TEST_CASE(a_change_that_is_rolled_back_leaves_no_record) {
    exec("begin; insert into public.organizations (organization_id) values ('o'); rollback");
    BOOST_TEST(recorded() == "");
}

BOOST_AUTO_TEST_CASE(it_is_only_added_to) {
    exec("insert into public.organizations (organization_id) values ('o')");
    const auto month = value("select tableoid::regclass from latchkey.audit_events limit 1");
    for (const std::string mode : {"origin", "replica"}) {
        exec("set session_replication_role = " + mode);
        for (const auto& table : {std::string("latchkey.audit_events"), month,
                                  std::string("latchkey.audit_events_default")})
            for (const std::string act :
                 {"update @ set action = 'x'", "delete from @", "truncate @"})
                BOOST_TEST_CONTEXT(act << ' ' << table) {
                    // A statement that finds no row does no harm.
                    if (table.ends_with("default") && act[0] != 't') continue;
                    auto statement = act;
                    statement.replace(statement.find('@'), 1, table);
                    BOOST_TEST(owner().sqlstate_of(statement) == "42501");
                }
    }
    exec("set session_replication_role = origin");
    BOOST_TEST(value("select count(*) from latchkey.audit_events") == "1");

    const auto role = make_role();
    exec("grant usage on schema latchkey to " + role);
    exec("grant select on all tables in schema latchkey to " + role);
    session server(uri(role));
    BOOST_TEST(server.value("select count(*) from latchkey.audit_events") == "1");
    for (const std::string act :
         {"insert into latchkey.audit_events (actor, action, object_kind) values ('{}', 'a', 'k')",
          "update latchkey.audit_events set action = 'x'", "delete from latchkey.audit_events",
          "select latchkey.drop_audit_events('infinity')",
          "select latchkey.record_event('a', 'k', null, null, null, null)"})
        BOOST_TEST(server.sqlstate_of(act) == "42501", act);
}

// --- when it cannot be written ---

BOOST_DATA_TEST_CASE(the_older_writer_is_not_harmed_and_latchkeys_own_change_is_refused,
                     boost::unit_test::data::make(audit_damages), damage) {
    audited_database database;
    database.exec("insert into public.organizations (organization_id) values ('o')");
    database.exec(damage.done);
    database.exec(set_array(element_of('1')) + ", name = 'n'");
    BOOST_TEST(database.value("select count(*) from latchkey.api_keys") == "1");
    BOOST_TEST(database.failed() == "2"); // the organization's name, and the key
    BOOST_TEST(database.failed_with() == damage.sqlstate);
    database.exec("begin; truncate public.device_credentials; rollback");
    BOOST_TEST(database.failed() == "3"); // it survives the transaction

    database.exec("begin;" + by_latchkey);
    BOOST_TEST(database.owner().sqlstate_of("update public.organizations set name = 'own'") ==
               "LK001");
    database.exec("rollback");
    BOOST_TEST(database.value("select name from public.organizations") == "n");
    BOOST_TEST(database.failed() == "3");
}

BOOST_AUTO_TEST_CASE(nobody_waits_long_for_a_locked_trail) {
    exec("insert into public.organizations (organization_id) values ('o')");
    session other(uri());
    other.exec("begin; lock table latchkey.audit_events in share mode");
    const auto statement =
        set_array(element_of('1') + ',' + element_of('2')) + ", name = 'n', status = 'off'";
    exec("begin; create temp table times as select clock_timestamp() as began");
    exec(statement);
    BOOST_TEST(failed() == "2");
    // One wait of a twentieth of a second, whatever else of the transaction is to be recorded.
    BOOST_TEST(value("select clock_timestamp() - began < interval '2 s' from times") == "t");
    BOOST_TEST(value("select current_setting('lock_timeout')") == "0");
    exec("commit");
    BOOST_TEST(failed_with() == "55P03");
    BOOST_TEST(recorded() == "organization.create o");

    exec("begin;" + by_latchkey);
    BOOST_TEST(owner().sqlstate_of("update public.organizations set name = 'own'") == "LK001");
    exec("rollback");
    other.exec("rollback");
    exec("update public.organizations set name = 'm'");
    BOOST_TEST(recorded() == "organization.update o");
}

BOOST_AUTO_TEST_CASE(rows_that_come_one_by_one_fail_a_bounded_number_of_times) {
    exec("insert into public.organizations (organization_id) values ('o')");
    exec(audit_damages[0].done);
    exec("alter table latchkey.audit_events enable always trigger refuse");
    exec("set session_replication_role = replica");
    exec(insert_devices + "500) n");
    BOOST_TEST(value("select count(*) from public.device_credentials") == "500");
    BOOST_TEST(std::stoi(failed()) >= 100);
    BOOST_TEST(std::stoi(failed()) <= 102);
}

BOOST_AUTO_TEST_CASE(triggers_that_are_gone_are_told_and_made_again) {
    exec("alter table public.organizations disable trigger latchkey_audit_update;"
         "drop trigger latchkey_audit_insert on latchkey.api_keys");
    BOOST_TEST(value("select wrong from latchkey.audit_state()") ==
               "latchkey_audit_insert on latchkey.api_keys is missing,"
               " latchkey_audit_update on public.organizations is switched off");
    // Changes are seen: verification goes on.
    BOOST_TEST(value("select latchkey.trigger_problem()") == "NULL");
    migrate();
    BOOST_TEST(value("select wrong from latchkey.audit_state()") == "NULL");
}

BOOST_AUTO_TEST_SUITE_END()

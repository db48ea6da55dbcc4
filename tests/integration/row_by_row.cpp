// Changes that fire no statement triggers are told row by row, with the same result.
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;

namespace {

std::string element_of(char digit, const std::string& more = {}) {
    return R"({"key_hash": ")" + std::string(64, digit) + "\"" + more + "}";
}

const std::string writes[] = {
    "insert into public.organizations (organization_id, api_keys, status) values ('a', '[" +
        element_of('1', R"(, "key_id": "one")") + ", " + element_of('2') +
        "]', 'active'), ('b', '[7]', 'off'), ('c', '[]', 'active')",
    "insert into public.device_credentials (device_id, device_secret, organization_id, status)"
    " select 'd' || n, 's', 'a', case n when 4 then 'off' else 'active' end"
    " from generate_series(1, 5) n",
    "insert into latchkey.api_keys (key_hash, key_id, organization_id, enabled) values"
    " (sha256('x'), 'x', 'a', true), (sha256('y'), 'y', 'c', false), (sha256('d1'), 'd1', 'c',"
    " true)",
    "update public.organizations set name = 'n'",
    "update public.organizations set api_keys = '[" + element_of('1', R"(, "is_active": false)") +
        "]' where organization_id = 'a'",
    "update public.organizations set status = 'off' where organization_id in ('a', 'b')",
    "update public.organizations set status = 'active' where organization_id = 'a'",
    "update public.organizations set organization_id = 'aa' where organization_id = 'a'",
    "update public.organizations set status = 'off' where organization_id = 'aa'",
    "update public.device_credentials set status = 'off' where device_id in ('d1', 'd2')",
    "update public.device_credentials set name = 'n' where device_id = 'd3'",
    "update public.device_credentials set status = 'active' where device_id = 'd1'",
    "update public.device_credentials set device_id = 'd33' where device_id = 'd3'",
    "update public.device_credentials set device_secret = 't', scopes = '{a,b}'",
    "update public.device_credentials set scopes = '{b}' where device_id in ('d33', 'd4')",
    "delete from public.device_credentials where device_id = 'd5'",
    "update latchkey.api_keys set enabled = not enabled where key_id in ('x', 'y')",
    "update latchkey.api_keys set key_id = 'z' where key_id = 'y'",
    "update latchkey.api_keys set scopes = '{a}', revoked_reason = 'r' where key_id = 'z'",
    "update latchkey.api_keys set scopes = '{}' where key_id in ('x', 'z')",
    "update latchkey.api_keys set previous_hash = key_hash, previous_until = '2040-01-01',"
    " key_hash = sha256('xx') where key_id = 'x'",
    "update latchkey.api_keys set previous_hash = null, previous_until = null",
    "delete from latchkey.api_keys where key_id = 'd1'",
    "insert into latchkey.revocations (kind, issuer, value, issued_before, expires_at) values"
    " ('token', 'i', 't', null, '2040-01-01'), ('organization', '', 'o', '2030-01-01', null)",
    "update latchkey.revocations set reason = 'r' where kind = 'token'",
    "update latchkey.revocations set issued_before = '2031-01-01' where kind = 'organization'",
    "update latchkey.revocations set value = 'u' where kind = 'token'",
    "delete from latchkey.revocations where kind in ('token', 'organization')",
    "delete from public.organizations where organization_id = 'b'",
    "delete from public.organizations where organization_id = 'aa'",
    "insert into public.organizations (organization_id, api_keys) values ('a', '[" +
        element_of('2') + "]')",
    "truncate public.device_credentials",
};

struct watched : migrated_database {
    /// The rows of keys, revocations and former organizations now.
    std::string state() {
        return value("select string_agg(concat_ws(' ', key_id, organization_id, enabled,"
                     " revoked_reason), ', ' order by key_id) from latchkey.api_keys") +
               "; " +
               value("select string_agg(concat_ws(' ', kind, value, issued_before, expires_at,"
                     " credential_kind, reason), ', ' order by kind, value)"
                     " from latchkey.revocations") +
               "; " +
               value("select string_agg(concat_ws(' ', kind, credential_id, below), ', ' order by"
                     " kind, credential_id) from latchkey.ended_generations") +
               "; " +
               value("select string_agg(concat_ws(' ', organization_id, place, code), ', ' order by"
                     " organization_id, place) from latchkey.mirror_findings") +
               "; " +
               value("select string_agg(former_id || '=' || organization_id, ' ' order by"
                     " former_id) from latchkey.former_organizations");
    }
    /// The names in the feed since the last call, each once.
    std::string told() {
        const auto out = value(
            "select string_agg(distinct one, ' ') from (select kind || coalesce(credential_kind,"
            " '') || ':' || unnest(names || array(select encode(k, 'hex') from unnest(keys) k)) as"
            " one from latchkey.changes where kind <> 'revocations' union all select kind || ':' ||"
            " names[i] || names[i + 2] from latchkey.changes cross join lateral"
            " generate_series(1, cardinality(names), 6) as i where kind = 'revocations' union all"
            " select kind from latchkey.changes where kind = 'everything') as told");
        exec("delete from latchkey.changes");
        return out;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(row_by_row)

BOOST_AUTO_TEST_CASE(a_session_that_replays_comes_to_the_same) {
    watched by_statement, by_row;
    for (const auto& write : writes) {
        BOOST_TEST_CONTEXT(write) {
            by_statement.exec(write);
            by_row.exec("set session_replication_role = replica");
            by_row.exec(write);
            by_row.exec("set session_replication_role = origin");
            BOOST_TEST(by_row.state() == by_statement.state());
            BOOST_TEST(by_row.told() == by_statement.told());
        }
    }
}

BOOST_AUTO_TEST_CASE(statements_are_told_once) {
    watched database;
    database.exec("insert into public.organizations (organization_id) values ('a'), ('b')");
    BOOST_TEST(database.value("select count(*) from latchkey.changes") == "1");
    BOOST_TEST(
        database.value("select count(*) from latchkey.wanted_triggers() w join pg_trigger t on"
                       " t.tgrelid = w.of_table and t.tgname = w.trigger_name"
                       " where t.tgenabled <> w.wanted") == "0");
    // A restore with --disable-triggers resets all triggers' modes; set_triggers repairs that.
    database.exec("alter table public.organizations enable trigger latchkey_row_change;"
                  "alter table public.device_credentials disable trigger latchkey_feed_update;"
                  "select latchkey.set_triggers()");
    BOOST_TEST(database.value("select string_agg(tgenabled::text, '' order by tgname) from"
                              " pg_trigger where tgrelid = 'public.device_credentials'::regclass"
                              " and not tgisinternal") == "OOAOOOAOAARRROOAO");
}

BOOST_AUTO_TEST_SUITE_END()

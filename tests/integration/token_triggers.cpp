// Which revocations of tokens follow changes of keys and organizations, and what the feed tells.
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;

namespace {

std::string joined(const rows& all) {
    std::string out;
    for (const auto& r : all)
        out += (out.empty() ? "" : "; ") + r[0].value_or("NULL");
    return out;
}

struct token_database : test_database {
    // If `id_type` is given, the table of organizations exists before, with ids of that type.
    explicit token_database(const std::string& id_type = {}) {
        if (!id_type.empty())
            exec("create table public.organizations (organization_id " + id_type +
                 ", api_keys jsonb, status text)");
        migrate();
    }
    /// Returns the rows since the last call, except those about cached facts: kind and names, in
    /// alphabetical order; for a revocation all its texts but the time when it was made.
    std::string told() {
        const auto all = joined(query(
            "select kind || '(' || coalesce((select string_agg(one, ', ' order by one collate "
            "\"C\")"
            " from (select string_agg(name, ' ' order by place) as one"
            "       from unnest(names) with ordinality as n (name, place)"
            "       where kind <> 'revocations' or place % 6 <> 0"
            "       group by case kind when 'revocations' then (place - 1) / 6 else place end)"
            " as each_of_them), '') || ')'"
            " from latchkey.changes where kind not in ('api_keys', 'organizations', 'devices')"
            " order by seq"));
        exec("delete from latchkey.changes");
        return all;
    }
    /// Returns the table's rows: kind and value, and the end if it is known.
    std::string revoked() {
        return joined(query("select kind || ' ' || value || coalesce(' until ' || expires_at, '')"
                            " from latchkey.revocations order by kind, value"));
    }
};

struct filled_database : token_database {
    filled_database() {
        exec("insert into public.organizations (organization_id) values ('o1'), ('o2')");
        exec("insert into latchkey.api_keys (key_hash, key_id, organization_id) select "
             "sha256(('k' || n)::bytea), 'k' || n, 'o1' from generate_series(1, 9) n");
        exec("insert into latchkey.revocations (kind, issuer, value, issued_before) values "
             "('subject', 'i', 's', '1970-01-01 00:00:01.5Z'), ('organization', '', 'o9', null)");
        told();
    }
};

struct told_case {
    std::string change;
    std::string told;
};
template <std::size_t count>
void check(token_database& database, const told_case (&cases)[count]) {
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.change) {
            database.exec(c.change);
            BOOST_TEST(database.told() == c.told);
        }
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(token_triggers)

BOOST_FIXTURE_TEST_CASE(a_key_takes_its_tokens_along, filled_database) {
    const told_case cases[] = {
        {"update latchkey.api_keys set revoked_at = now() where key_id in ('k1', 'k2')",
         "credentials(+k1, +k2)"},
        {"update latchkey.api_keys set enabled = false where key_id = 'k3'", "credentials(+k3)"},
        // They are disabled or revoked already.
        {"update latchkey.api_keys set enabled = false where key_id in ('k1', 'k3')", ""},
        {"update latchkey.api_keys set enabled = true where key_id = 'k1'", ""},
        {"update latchkey.api_keys set revoked_at = null where key_id = 'k1'", "credentials(-k1)"},
        {"update latchkey.api_keys set enabled = true where key_id = 'k3'", "credentials(-k3)"},
        {"update latchkey.api_keys set name = 'n', scopes = '{a}', expires_at = now()", ""},
        {"update latchkey.api_keys set enabled = enabled", ""},
        {"update latchkey.api_keys set enabled = false where key_id = 'none'", ""},
        {"delete from latchkey.api_keys where key_id = 'none'", ""},
        // One key becomes bad, another good.
        {"update latchkey.api_keys set revoked_at = case key_id when 'k3' then now() end"
         " where key_id in ('k2', 'k3')",
         "credentials(+k3); credentials(-k2)"},
        {"update latchkey.api_keys set key_id = 'k44' where key_id = 'k4'", "credentials(+k4)"},
        // The credential was revoked already; it gets a new time, by an update with a row of its
        // own.
        {"delete from latchkey.api_keys where key_id in ('k5', 'k3')",
         "credentials(+k3); credentials(+k5)"},
        // One key is put back as it was, one is new, and one is disabled.
        {"insert into latchkey.api_keys (key_hash, key_id, organization_id, enabled) values "
         "(sha256('a'), 'k5', 'o1', true), (sha256('b'), 'new', 'o1', true),"
         " (sha256('c'), 'k3', 'o1', false)",
         "credentials(-k5)"},
        {"delete from latchkey.api_keys where key_id <> 'k6'",
         "credentials(+k3); credentials(+k1, +k2, +k44, +k5, +k7, +k8, +k9, +new)"},
        {"truncate latchkey.api_keys", "credentials(+k6); everything()"},
        {"truncate latchkey.api_keys", "everything()"},
    };
    check(*this, cases);
    BOOST_TEST(value("select string_agg(value, ' ' order by value) from latchkey.revocations"
                     " where kind = 'credential' and issued_before is null"
                     " and expires_at is null") == "k1 k2 k3 k4 k44 k5 k6 k7 k8 k9 new");
}

BOOST_FIXTURE_TEST_CASE(a_key_that_falls_again_counts_from_then, filled_database) {
    exec("insert into latchkey.revocations (kind, value, issued_before, expires_at, created_at,"
         " reason) values ('credential', 'k1', 'epoch', 'epoch', 'epoch', 'old')");
    BOOST_TEST(told() == "revocations(+credential  k1 0 0)");
    exec("update latchkey.api_keys set enabled = false where key_id = 'k1'");
    BOOST_TEST(told() == "credentials(+k1)");
    BOOST_TEST(value("select reason || ' ' || (created_at > '2020-01-01') from latchkey.revocations"
                     " where value = 'k1'") == "the key is revoked or disabled true");
}

BOOST_FIXTURE_TEST_CASE(an_organization_takes_its_tokens_along, filled_database) {
    const std::string forever = "  infinity";
    const told_case cases[] = {
        {"update public.organizations set status = 'disabled' where organization_id = 'o1'",
         "revocations(+disabled_organization  o1" + forever + ")"},
        {"update public.organizations set status = 'disabled' where organization_id = 'o1'", ""},
        {"update public.organizations set name = 'n'", ""},
        {"update public.organizations set status = 'active'",
         "revocations(-disabled_organization  o1" + forever + ")"},
        {"update public.organizations set status = 'active' where organization_id = 'none'", ""},
        {"insert into public.organizations (organization_id, status) values ('o3', 'suspended'),"
         " ('o4', 'active')",
         "revocations(+disabled_organization  o3" + forever + ")"},
        // The organization is gone: revoked until no token of it can be valid any more.
        {"delete from public.organizations where organization_id in ('o3')",
         "revocations(+disabled_organization  o3  )"},
        {"delete from public.organizations where organization_id = 'none'", ""},
        {"insert into public.organizations (organization_id) values ('o3')",
         "revocations(-disabled_organization  o3  )"},
        // Tokens follow an organization that gets another id, and are revoked with it.
        {"update public.organizations set organization_id = 'o5' where organization_id = 'o4'", ""},
        {"truncate public.organizations",
         "revocations(+disabled_organization  o1  , +disabled_organization  o2  , "
         "+disabled_organization  o3  , +disabled_organization  o4  , "
         "+disabled_organization  o5  ); everything()"},
    };
    check(*this, cases);
}

BOOST_AUTO_TEST_CASE(ids_may_be_uuids_and_missing) {
    for (const std::string type : {"uuid", "text"}) {
        BOOST_TEST_CONTEXT(type) {
            const std::string id = "11111111-1111-4111-8111-111111111111";
            token_database database(type);
            database.exec("insert into public.organizations values (null, '[]', 'disabled'),"
                          " ('" +
                          id + "', '[]', null)");
            BOOST_TEST(database.revoked() == "disabled_organization " + id + " until infinity");
            database.exec("update public.organizations set status = 'active'");
            BOOST_TEST(database.revoked() == "");
            database.exec("update public.organizations set status = null");
            BOOST_TEST(database.revoked() == "disabled_organization " + id + " until infinity");
            database.exec("delete from public.organizations");
            BOOST_TEST(database.revoked() == "disabled_organization " + id);
            database.exec("insert into public.organizations values (null, '[]', 'x')");
            database.exec("truncate public.organizations");
            // No element of the feed may be NULL: no node could read it.
            BOOST_TEST(database.value("select count(*) from latchkey.changes"
                                      " where array_position(names, null) is not null") == "0");
        }
    }
}

// The old table, with organizations that are not active, exists before the migration.
BOOST_AUTO_TEST_CASE(organizations_that_are_disabled_at_the_migration_are_known) {
    for (const std::string type : {"uuid", "text"}) {
        const std::string id = "11111111-1111-4111-8111-11111111111";
        test_database database;
        database.exec("create table public.organizations (organization_id " + type +
                      ", api_keys jsonb, status text);"
                      "insert into public.organizations values ('" +
                      id +
                      "1', null, 'off'),"
                      " ('" +
                      id + "2', '[]', null), ('" + id +
                      "3', '[]', 'active'),"
                      " ('" +
                      id + "1', null, 'off'), (null, null, 'off')");
        database.migrate();
        BOOST_TEST(joined(database.query("select kind || ' ' || value || ' ' || expires_at"
                                         " from latchkey.revocations order by value")) ==
                   "disabled_organization " + id + "1 infinity; disabled_organization " + id +
                       "2 infinity");
    }
}

BOOST_FIXTURE_TEST_CASE(the_old_services_array_takes_tokens_along, token_database) {
    const auto role = make_role();
    exec("grant usage on schema public to " + role);
    exec("grant select, insert, update, delete, truncate on public.organizations to " + role);
    session writer(uri(role));
    const auto set_array = [&](const std::string& more) {
        writer.exec("insert into public.organizations (organization_id, api_keys) values ('o', '" +
                    more +
                    "') on conflict (organization_id) do update set api_keys ="
                    " excluded.api_keys, status = excluded.status");
    };
    const auto element = [](const std::string& more) {
        return R"([{"key_id": "k", "key_hash": ")" + std::string(64, 'a') + "\"" + more + "}]";
    };
    struct {
        std::string array, told;
    } const cases[] = {
        {element(""), ""},
        {element(R"(, "name": "n")"), ""},
        {element(R"(, "is_active": false)"), "credentials(+k)"},
        {element(""), "credentials(-k)"},
        {"[]", "credentials(+k)"},
        {element(""), "credentials(-k)"},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.array) {
            set_array(c.array);
            BOOST_TEST(told() == c.told);
        }
    }
    BOOST_TEST(writer.sqlstate_of("select * from latchkey.revocations") == "42501");
    BOOST_TEST(writer.sqlstate_of("select latchkey.enable_organizations('{o}')") == "42501");
    // The triggers do not call functions of the same name in the writer's search path.
    writer.exec("create function pg_temp.clock_timestamp() returns timestamptz language sql as"
                " $$ select 'epoch'::timestamptz $$; set search_path = pg_temp, public;"
                "update public.organizations set status = 'off'");
    BOOST_TEST(told() == "revocations(+disabled_organization  o  infinity)");
    writer.exec("delete from public.organizations");
    BOOST_TEST(told() == "credentials(+k); revocations(+disabled_organization  o  )");
    writer.exec("truncate public.organizations");
    BOOST_TEST(told() == "everything()");
    BOOST_TEST(value("select min(created_at) > '2020-01-01' from latchkey.revocations") == "t");
    exec("drop owned by " + role);
}

BOOST_FIXTURE_TEST_CASE(a_revocation_is_told_with_all_it_says, filled_database) {
    const told_case cases[] = {
        {"insert into latchkey.revocations (kind, issuer, value, issued_before, expires_at,"
         " created_at) values ('token', 'i', 't', '1970-01-01 00:00:01.000001Z', 'infinity', "
         "'epoch')",
         "revocations(+token i t 1000001 infinity)"},
        {"insert into latchkey.revocations (kind, issuer, value, issued_before, expires_at) values"
         " ('token', 'i', E'\\\\ \"{},', '-infinity', '294276-12-31'),"
         " ('subject', 'i', 'NULL', '4713-01-01 BC', null)",
         "revocations(+subject i NULL -210863520000000000 , "
         "+token i \\ \"{}, -infinity 9200000000000000000)"},
        {"update latchkey.revocations set issued_before = '1970-01-01 00:00:02Z' where value = 's'",
         "revocations(+subject i s 2000000 )"},
        // The reason, or an equal value, does not change any verdict.
        {"update latchkey.revocations set reason = 'r', expires_at = expires_at", ""},
        {"update latchkey.revocations set expires_at = 'epoch' where value = 't'",
         "revocations(+token i t 1000001 0)"},
        {"update latchkey.revocations set value = 's2' where value = 's'",
         "revocations(-subject i s 2000000 ); revocations(+subject i s2 2000000 )"},
        {"insert into latchkey.revocations (kind, issuer, value) values ('token', 'i', 't')"
         " on conflict (kind, issuer, value) do update set expires_at = null",
         "revocations(+token i t 1000001 )"},
        {"delete from latchkey.revocations where value = 's2'",
         "revocations(-subject i s2 2000000 )"},
        {"delete from latchkey.revocations where value = 'none'", ""},
        {"update latchkey.revocations set value = 'x' where value = 'none'", ""},
        {"insert into latchkey.revocations (kind, value) values ('credential', 'c')",
         "credentials(+c)"},
        {"delete from latchkey.revocations where kind in ('credential', 'subject', 'token')",
         "credentials(-c); revocations(-subject i NULL -210863520000000000 , "
         "-token i \\ \"{}, -infinity 9200000000000000000, -token i t 1000001 )"},
        {"truncate latchkey.revocations", "revocations(-organization  o9  )"},
        {"truncate latchkey.revocations", ""},
    };
    check(*this, cases);
}

BOOST_FIXTURE_TEST_CASE(pruning_tells_nothing, filled_database) {
    exec("delete from latchkey.revocations;"
         "insert into latchkey.revocations (kind, issuer, value, expires_at, created_at) values"
         " ('token', 'i', 'past', now() - interval '1 day 61 s', now()),"
         " ('token', 'i', 'future', now() + interval '1 h', 'epoch'),"
         " ('disabled_organization', '', 'always', 'infinity', 'epoch'),"
         " ('credential', '', 'old', null, now() - interval '1 day 61 s'),"
         " ('credential', '', 'young', null, now() - interval '1 day 30 s')");
    told();
    const std::string prune_now = "select latchkey.prune_revocations('{}', 60, 60, 60)";
    const auto prune = [&] { return value(prune_now); };
    // Another node is pruning.
    session other(uri());
    other.exec("begin; select pg_advisory_xact_lock(7021860473813)");
    BOOST_TEST(prune() == "0");
    other.exec("rollback");
    BOOST_TEST(prune() == "2");
    BOOST_TEST(prune() == "0");
    BOOST_TEST(told() == "");
    BOOST_TEST(value("select string_agg(value, ' ' order by value) from latchkey.revocations") ==
               "always future young");
    // A deletion after it in the same transaction is announced again.
    exec("begin; " + prune_now +
         ";"
         "delete from latchkey.revocations where value = 'young'; commit");
    BOOST_TEST(told() == "credentials(-young)");
    BOOST_TEST(value("select latchkey.prune_revocations('{}', null, null, null)") == "0");
    // Counts of tokens that nobody can use any more are deleted too, and not announced.
    exec("insert into latchkey.credential_use (kind, credential_id, uses, last_used_at) values"
         " ('token', 'old', 1, now() - interval '1 day 61 s'), ('token', 'young', 1, now()),"
         " ('api_key', 'old', 1, 'epoch')");
    prune();
    // A node has told that its tokens live for ever.
    BOOST_TEST(value("select count(*) from latchkey.credential_use") == "3");
    exec("update latchkey.feed_state set token_lives = '{}'");
    prune();
    BOOST_TEST(value("select string_agg(kind || ' ' || credential_id, ', ' order by kind) from"
                     " latchkey.credential_use") == "api_key old, token young");
    // A server of an earlier release tells one life for the tokens of all issuers.
    BOOST_TEST(value("select latchkey.prune_revocations('0 seconds'::interval)") == "0");
}

BOOST_FIXTURE_TEST_CASE(many_at_once_are_a_few_rows_and_whole_ones, filled_database) {
    exec("insert into latchkey.revocations (kind, issuer, value) select 'token', 'i', n"
         " from generate_series(1, 400) n");
    BOOST_TEST(joined(query("select kind || ':' || cardinality(names) from latchkey.changes"
                            " order by seq")) ==
               "revocations:996; revocations:996; revocations:408");
    BOOST_TEST(value("select count(distinct names[i + 2]) from latchkey.changes,"
                     " generate_series(1, 996, 6) i where names[i] = '+token'") == "400");
    told();
    exec("insert into latchkey.api_keys (key_hash, key_id, organization_id) select "
         "sha256(('many' || n)::bytea), 'many-' || n, 'o1' from generate_series(1, 2500) n");
    told();
    exec("update latchkey.api_keys set revoked_at = now() where key_id like 'many-%'");
    BOOST_TEST(joined(query("select kind || ':' || cardinality(names) from latchkey.changes"
                            " where kind = 'credentials' order by seq")) ==
               "credentials:1000; credentials:1000; credentials:500");
}

BOOST_FIXTURE_TEST_CASE(they_fire_in_a_session_that_replays_a_replica, filled_database) {
    exec("set session_replication_role = replica");
    exec("update latchkey.api_keys set enabled = false where key_id = 'k1'");
    exec("delete from latchkey.api_keys where key_id = 'k2'");
    exec("update public.organizations set status = 'off' where organization_id = 'o1'");
    exec("insert into latchkey.signing_keys (key_id, algorithm, state, kek_id)"
         " values ('s', 'ES256', 'next', 'kek')");
    exec("set session_replication_role = origin");
    BOOST_TEST(told() == "credentials(+k1); credentials(+k2); "
                         "revocations(+disabled_organization  o1  infinity); signing_keys()");
}

BOOST_FIXTURE_TEST_CASE(every_function_that_acts_with_its_owners_rights_is_guarded,
                        token_database) {
    // Besides the search path, only settings of the planner are allowed, and how texts of times and
    // waits for locks are.
    BOOST_TEST(
        value("select count(*) from pg_proc where pronamespace = 'latchkey'::regnamespace"
              " and prosecdef and (proconfig is null or 'search_path=pg_catalog, pg_temp'"
              " <> all (proconfig) or exists (select from unnest(proconfig) as setting"
              " where setting !~ "
              "'^(search_path|plan_cache_mode|enable_nestloop|jit|lock_timeout|TimeZone)='))") ==
        "0");
    // These functions only compute, or read what their callers may read anyway.
    exec("set search_path = pg_catalog");
    BOOST_TEST(value("select string_agg(oid::regprocedure::text, ' ' order by"
                     " oid::regprocedure::text collate \"C\") from pg_proc"
                     " where pronamespace = 'latchkey'::regnamespace"
                     " and has_function_privilege('public', oid, 'execute')") ==
               "latchkey.after_refill(latchkey.credit_accounts,timestamp with time zone)"
               " latchkey.claim_idempotency_key(bytea,bytea,text,integer,text)"
               " latchkey.claim_key_id(text)"
               " latchkey.credit_account_of(text,text,text) latchkey.device_after(text,text)"
               " latchkey.device_key(text) latchkey.device_not_before(text,text)"
               " latchkey.device_scopes(json) latchkey.device_scopes(jsonb)"
               " latchkey.device_scopes(text) latchkey.device_scopes(text[])"
               " latchkey.end_of_use(latchkey.revocations,jsonb)"
               " latchkey.find_credit_account(text,text,text,text)"
               " latchkey.find_organization(text) latchkey.is_active(text)"
               " latchkey.is_devices_organization(text,text) latchkey.lock_credential_ids(text[])"
               " latchkey.longest_lives(jsonb[])"
               " latchkey.made_at(public.device_credentials) latchkey.made_at(public.organizations)"
               " latchkey.note_pruning(timestamp with time zone,jsonb)"
               " latchkey.organization_after(text,text) latchkey.organization_named(text)"
               " latchkey.organization_not_before(text,text)"
               " latchkey.prune_by_lives(jsonb,double precision,double precision,double precision)"
               " latchkey.prune_generations()"
               " latchkey.prune_idempotency_keys()"
               " latchkey.prune_restorations()"
               " latchkey.prune_revocations(jsonb,double precision,double precision,"
               "double precision)"
               " latchkey.read_scopes(jsonb) latchkey.same_organization(text,text)"
               " latchkey.show_credits(text,text,text,text)"
               " latchkey.told(jsonb) latchkey.told(text) latchkey.told(text[])"
               " latchkey.told_or_escaped(text)"
               " latchkey.told_or_escaped(text[]) latchkey.trusted_now()"
               " latchkey.try_import_api_keys(jsonb,boolean)");
}

// Two changes of one organization at once: the later one remains.
BOOST_FIXTURE_TEST_CASE(the_last_of_two_changes_at_once_counts, filled_database) {
    session other(uri());
    other.exec(
        "begin; update public.organizations set status = 'off' where organization_id = 'o1'");
    session waiting(uri());
    const auto pid = waiting.backend_pid();
    waiting.exec("set lock_timeout = '10 s'");
    std::jthread later([&] { waiting.exec("update public.organizations set status = 'active'"); });
    while (value("select count(*) from pg_locks where not granted and pid = " + pid) == "0")
        std::this_thread::yield();
    other.exec("commit");
    later.join();
    BOOST_TEST(value("select count(*) from latchkey.revocations"
                     " where kind = 'disabled_organization'") == "0");
    BOOST_TEST(told() == "revocations(+disabled_organization  o1  infinity); "
                         "revocations(-disabled_organization  o1  infinity)");
}

BOOST_AUTO_TEST_SUITE_END()

// Roles: what a holder has by them stands in its row, is told to the feed, and ends tokens when it
// is narrowed; and nobody holds a role of another organization.
#include "running_store.hpp"
#include "support.hpp"

#include <latchkey/crypto/digest.hpp>

#include <boost/test/unit_test.hpp>

#include <thread>

using namespace latchkey;
using namespace latchkey::test;

namespace {

struct with_roles : migrated_database {
    with_roles() {
        exec("insert into public.organizations (organization_id) values ('acme'), ('other');"
             "insert into latchkey.api_keys (key_hash, key_id, organization_id, scopes) values"
             " (sha256('k'), 'k', 'acme', '{own}'), (sha256('o'), 'o', 'other', '{}');"
             "insert into public.device_credentials (device_id, device_secret, organization_id,"
             " scopes) values ('k', 'sha256:1', 'acme', '{own}'), ('p', 'sha256:1', 'other', '{}');"
             "insert into latchkey.roles (role_id, organization_id, name, scopes) values"
             " ('r1', 'acme', 'one', '{a,b}'), ('r2', 'acme', 'two', '{b,c}'),"
             " ('r3', 'acme', 'none', '{}'), ('ro', 'other', 'one', '{x}')");
        exec("delete from latchkey.changes");
    }
    static std::string grant(const std::string& role, const std::string& holder,
                             const std::string& kind = "api_key") {
        return "insert into latchkey.role_grants (role_id, kind, holder_id) values ('" + role +
               "', '" + kind + "', '" + holder + "')";
    }
    static std::string ungrant(const std::string& role, const std::string& holder) {
        return "delete from latchkey.role_grants where role_id = '" + role +
               "' and kind = 'api_key' and holder_id = '" + holder + "'";
    }
    /// "scopes of roles generation", with "-" for no roles.
    std::string state(const std::string& id = "k") {
        return value("select coalesce(role_scopes::text, '-') || ' ' || generation"
                     " from latchkey.api_keys where key_id = '" +
                     id + "'");
    }
    std::string device_state(const std::string& id = "k") {
        return value("select coalesce(role_scopes::text, '-') || ' ' || generation"
                     " from public.device_credentials where device_id = '" +
                     id + "'");
    }
    /// The hashes of keys that the feed was told of since the last call, and the ends of tokens.
    std::string told() {
        const auto out = value(
            "select coalesce(string_agg(one, ', ' order by one), '') from ("
            "select distinct 'key ' || encode(k, 'hex') from latchkey.changes, unnest(keys) as k"
            " where kind = 'api_keys' union select distinct kind || ' ' || n from latchkey.changes,"
            " unnest(names) as n) as all_told (one)");
        exec("delete from latchkey.changes");
        return out;
    }
    const std::string key = "key " + value("select encode(sha256('k'), 'hex')");
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(roles, with_roles)

BOOST_AUTO_TEST_CASE(a_holder_has_what_its_roles_have) {
    struct {
        std::string change, expected, told;
    } const cases[] = {
        {grant("r1", "k"), "{a,b} 0", key},
        {grant("r2", "k"), "{a,b,c} 0", key},
        {grant("r3", "k"), "{a,b,c} 0", ""},
        // b is the other role's, too.
        {"update latchkey.roles set scopes = '{a}' where role_id = 'r1'", "{a,b,c} 0", ""},
        {"update latchkey.roles set scopes = '{b,d}' where role_id = 'r2'", "{a,b,d} 1",
         "api_keys api_key 1 k, " + key},
        {"update latchkey.roles set name = 'renamed' where role_id = 'r2'", "{a,b,d} 1", ""},
        {"update latchkey.api_keys set scopes = '{own,a}' where key_id = 'k'", "{a,b,d} 1", key},
        // It keeps a of its own.
        {ungrant("r1", "k"), "{b,d} 1", key},
        {"delete from latchkey.roles where role_id = 'r2'", "{} 2", "api_keys api_key 2 k, " + key},
        {ungrant("r3", "k"), "- 2", key},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.change) {
            exec(c.change);
            BOOST_TEST(state() == c.expected);
            BOOST_TEST(told() == c.told);
        }
    BOOST_TEST(value("select count(*) from latchkey.role_grants") == "0");
}

BOOST_AUTO_TEST_CASE(so_has_a_device) {
    exec(grant("r1", "k", "device"));
    BOOST_TEST(device_state() == "{a,b} 0");
    BOOST_TEST(told() == "devices k");
    exec("update latchkey.roles set scopes = '{b}' where role_id = 'r1'");
    BOOST_TEST(device_state() == "{b} 1");
    BOOST_TEST(told() == "api_keys device 1 k, devices k");
    // A key has the same id, and nothing of it.
    BOOST_TEST(state() == "- 0");
    exec("delete from latchkey.roles where role_id = 'r1'");
    BOOST_TEST(device_state() == "- 2");
}

BOOST_AUTO_TEST_CASE(a_role_is_for_its_own_organization) {
    auto& session = owner();
    for (const auto& wrong : {grant("r1", "o"), grant("ro", "k"), grant("r1", "p", "device"),
                              grant("r1", "nobody"), grant("r1", "nobody", "device")})
        BOOST_TEST_CONTEXT(wrong) {
            BOOST_TEST(session.sqlstate_of(wrong) == "23503");
        }
    BOOST_TEST(session.sqlstate_of("update latchkey.roles set organization_id = 'other'"
                                   " where role_id = 'r2'") == "0A000");
    BOOST_TEST(session.sqlstate_of("insert into latchkey.roles (role_id, organization_id, name,"
                                   " scopes) values ('x', 'acme', 'x',"
                                   " '{a,latchkey:verify:*}')") == "23514");
    BOOST_TEST(session.sqlstate_of("insert into latchkey.roles (role_id, organization_id, name)"
                                   " values ('x', 'acme', 'one')") == "23505");
    BOOST_TEST(session.sqlstate_of("truncate latchkey.role_grants") == "0A000");
    exec(grant("r1", "k"));
    BOOST_TEST(session.sqlstate_of("update latchkey.role_grants set role_id = 'r2'") == "0A000");
    BOOST_TEST(state() == "{a,b} 0");
}

BOOST_AUTO_TEST_CASE(nobody_holds_more_than_twenty) {
    exec("insert into latchkey.roles (role_id, organization_id, name) select 'n' || n, 'acme',"
         " 'n' || n from generate_series(1, 21) n");
    exec("insert into latchkey.role_grants select 'n' || n, 'api_key', 'k'"
         " from generate_series(1, 20) n");
    BOOST_TEST(owner().sqlstate_of(grant("n21", "k")) == "23514");
    exec(ungrant("n1", "k"));
    BOOST_TEST(owner().sqlstate_of(grant("n21", "k")) == "");
}

// Whoever goes to another organization takes no role along, and finds none again when it is back.
BOOST_AUTO_TEST_CASE(roles_stay_behind_when_a_holder_moves) {
    exec(grant("r1", "k"));
    exec(grant("r1", "k", "device"));
    exec("update latchkey.api_keys set organization_id = 'other' where key_id = 'k'");
    exec("update public.device_credentials set organization_id = 'other' where device_id = 'k'");
    BOOST_TEST(state() == "- 1");
    BOOST_TEST(device_state() == "- 1");
    exec("update latchkey.roles set scopes = '{a,b,c}' where role_id = 'r1'");
    BOOST_TEST(state() == "- 1");
    exec(grant("ro", "k"));
    BOOST_TEST(state() == "{x} 1");
    exec("update latchkey.api_keys set organization_id = 'acme' where key_id = 'k'");
    BOOST_TEST(state() == "- 2");
    exec(grant("r3", "k"));
    BOOST_TEST(state() == "{} 2");
    BOOST_TEST(value("select string_agg(role_id, ' ' order by role_id) from latchkey.role_grants"
                     " where kind = 'api_key'") == "r3");
    // Nor does another device that gets the id.
    exec("update public.device_credentials set organization_id = 'acme' where device_id = 'k'");
    exec("delete from public.device_credentials where device_id = 'k';"
         "insert into public.device_credentials (device_id, device_secret, organization_id)"
         " values ('k', 'sha256:2', 'acme')");
    exec(grant("r3", "k", "device"));
    BOOST_TEST(value("select role_scopes::text from public.device_credentials"
                     " where device_id = 'k'") == "{}");
}

BOOST_AUTO_TEST_CASE(so_they_do_when_the_older_service_moves_a_key) {
    const std::string element =
        R"([{"key_hash": ")" + std::string(64, '7') + R"(", "key_id": "seven"}])";
    exec("update public.organizations set api_keys = '" + element +
         "' where organization_id = 'acme'");
    exec(grant("r1", "seven"));
    BOOST_TEST(state("seven") == "{a,b} 0");
    exec("begin; update public.organizations set api_keys = '[]' where organization_id = 'acme';"
         "update public.organizations set api_keys = '" +
         element + "' where organization_id = 'other'; commit");
    BOOST_TEST(value("select organization_id from latchkey.api_keys where key_id = 'seven'") ==
               "other");
    BOOST_TEST(state("seven").starts_with("- "));
}

BOOST_AUTO_TEST_CASE(they_follow_an_organization_whose_id_changes) {
    exec(grant("r1", "k"));
    exec(grant("r1", "k", "device"));
    exec("update public.organizations set organization_id = 'acme2' where organization_id = "
         "'acme'");
    BOOST_TEST(state() == "{a,b} 0");
    BOOST_TEST(device_state() == "{a,b} 0");
    exec("update latchkey.roles set scopes = '{a,b,c}' where role_id = 'r1'");
    BOOST_TEST(state() == "{a,b,c} 0");
    BOOST_TEST(device_state() == "{a,b,c} 0");
}

// Of names that are the same in both, none is in the way of the other.
BOOST_AUTO_TEST_CASE(organizations_may_change_their_ids_with_each_other) {
    exec("alter table public.organizations drop constraint organizations_pkey,"
         " add primary key (organization_id) deferrable");
    exec(grant("r1", "k") + ";" + grant("ro", "o"));
    for (const auto& expected : {"other", "acme"}) {
        exec("update public.organizations set organization_id ="
             " case organization_id when 'acme' then 'other' else 'acme' end");
        BOOST_TEST(value("select organization_id from latchkey.roles where role_id = 'r1'") ==
                   expected);
        BOOST_TEST(state() == "{a,b} 0");
        BOOST_TEST(state("o") == "{x} 0");
    }
    // A chain, from either end.
    exec("update public.organizations set organization_id ="
         " case organization_id when 'acme' then 'next' else 'acme' end");
    exec("update public.organizations set organization_id ="
         " case organization_id when 'acme' then 'other' else 'acme' end");
    BOOST_TEST(value("select string_agg(distinct role_id || ' ' || organization_id, ', ') from"
                     " latchkey.roles where name = 'one'") == "r1 acme, ro other");
    // What is left of another one that had the id.
    exec("insert into latchkey.roles (role_id, organization_id, name) values ('left', 'gone', "
         "'one')");
    exec("update public.organizations set organization_id = 'gone' where organization_id = 'acme'");
    BOOST_TEST(value("select string_agg(role_id, ' ') from latchkey.roles where organization_id ="
                     " 'gone' and name = 'one'") == "r1");
    BOOST_TEST(state() == "{a,b} 0");
}

BOOST_AUTO_TEST_CASE(roles_go_with_their_organization) {
    const std::string ways[] = {
        "delete from public.organizations where organization_id = 'acme'",
        "set session_replication_role = replica;"
        "delete from public.organizations where organization_id = 'acme';"
        "reset session_replication_role",
        "truncate public.organizations",
    };
    for (const auto& way : ways)
        BOOST_TEST_CONTEXT(way) {
            exec("insert into public.organizations (organization_id) values ('acme'), ('other')"
                 " on conflict do nothing;"
                 "insert into latchkey.roles (role_id, organization_id, name, scopes) values"
                 " ('r1', 'acme', 'one', '{a}'), ('ro', 'other', 'one', '{x}')"
                 " on conflict (role_id) do nothing");
            exec(grant("r1", "k"));
            exec(way);
            BOOST_TEST(
                value("select count(*) from latchkey.roles where organization_id = 'acme'") == "0");
            BOOST_TEST(value("select count(*) from latchkey.role_grants") == "0");
            BOOST_TEST(state().starts_with("- "));
        }
    // An organization that stays keeps its own.
    exec("insert into public.organizations (organization_id) values ('other')");
    exec("insert into latchkey.roles (role_id, organization_id, name) values ('ro', 'other', 'x')");
    exec("update public.organizations set name = 'n', status = 'off'");
    BOOST_TEST(value("select string_agg(role_id, ' ') from latchkey.roles") == "ro");
}

// Whoever writes rows, as an importer of whole ones does, gives nobody what no grant gives.
BOOST_AUTO_TEST_CASE(what_is_written_into_the_column_is_not_believed) {
    exec(grant("r1", "k") + ";" + grant("r1", "k", "device"));
    for (const auto& role : {"origin", "replica"})
        BOOST_TEST_CONTEXT(role) {
            exec("set session_replication_role = " + std::string(role));
            exec("update latchkey.api_keys set role_scopes = '{evil}', name = 'n';"
                 "update public.device_credentials set role_scopes = '{evil}', name = 'n'");
            BOOST_TEST(state() == "{a,b} 0");
            BOOST_TEST(device_state() == "{a,b} 0");
            BOOST_TEST(state("o") == "- 0");
            BOOST_TEST(device_state("p") == "- 0");
            exec("update latchkey.api_keys set role_scopes = null;"
                 "update public.device_credentials set role_scopes = null");
            BOOST_TEST(state() == "{a,b} 0");
            BOOST_TEST(device_state() == "{a,b} 0");
            exec("insert into latchkey.api_keys (key_hash, key_id, organization_id, role_scopes)"
                 " values (sha256('new'), 'new', 'acme', '{evil}');"
                 "insert into public.device_credentials (device_id, device_secret,"
                 " organization_id, role_scopes) values ('new', 's', 'acme', '{evil}')");
            BOOST_TEST(state("new").starts_with("- "));
            BOOST_TEST(device_state("new").starts_with("- "));
            exec("delete from latchkey.api_keys where key_id = 'new';"
                 "delete from public.device_credentials where device_id = 'new';"
                 "reset session_replication_role");
        }
    // A row that goes to another partition comes with what its grants give.
    exec("insert into latchkey.role_grants (role_id, kind, holder_id) values ('r2', 'device', 'k');"
         "create temporary table moved as table public.device_credentials;"
         "delete from public.device_credentials;"
         "update moved set role_scopes = '{evil}' where device_id = 'p';"
         "insert into public.device_credentials table moved");
    BOOST_TEST(device_state().starts_with("{a,b,c} "));
    BOOST_TEST(device_state("p").starts_with("- "));
}

// The row of a former holder is no grant, and none is in the way of another.
BOOST_AUTO_TEST_CASE(who_has_lost_a_role_is_granted_it_again) {
    const std::string moves[] = {
        "update TABLE set organization_id = 'other' where ID = 'k';"
        "update TABLE set organization_id = 'acme' where ID = 'k'",
        "create temporary table kept as select * from TABLE where ID = 'k';"
        "delete from TABLE where ID = 'k'; update kept set role_scopes = null;"
        "insert into TABLE table kept; drop table kept"};
    struct {
        std::string kind, table, id;
    } const kinds[] = {{"api_key", "latchkey.api_keys", "key_id"},
                       {"device", "public.device_credentials", "device_id"}};
    for (const auto& k : kinds)
        for (auto move : moves) {
            for (std::size_t at = 0; (at = move.find("TABLE")) != move.npos;)
                move.replace(at, 5, k.table);
            for (std::size_t at = 0; (at = move.find("ID ")) != move.npos;)
                move.replace(at, 2, k.id);
            BOOST_TEST_CONTEXT(move) {
                const auto again = grant("r1", "k", k.kind) + " on conflict do nothing";
                exec(again);
                exec(grant("r2", "k", k.kind));
                exec(move);
                const auto now = [&] { return k.kind == "device" ? device_state() : state(); };
                BOOST_TEST(now().starts_with("- "));
                exec(again);
                BOOST_TEST(now().starts_with("{a,b} "));
                BOOST_TEST(value("select string_agg(role_id, ' ') from latchkey.role_grants"
                                 " where kind = '" +
                                 k.kind + "'") == "r1");
                const auto before =
                    value("select xmin from latchkey.role_grants where kind = '" + k.kind + "'");
                exec(again);
                BOOST_TEST(value("select xmin from latchkey.role_grants where kind = '" + k.kind +
                                 "'") == before);
            }
        }
}

// Each waits for the other's change of the same holder, and sees it.
BOOST_AUTO_TEST_CASE(two_changes_at_once_lose_nothing) {
    exec(grant("r1", "k"));
    exec(grant("r2", "k"));
    session first(uri());
    first.exec("begin; update latchkey.roles set scopes = '{a1}' where role_id = 'r1'");
    std::thread second([&] {
        session s(uri());
        s.exec("update latchkey.roles set scopes = '{c1}' where role_id = 'r2'");
    });
    const auto waits = [&] {
        return value("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                     " and datname = current_database()") == "1";
    };
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!waits() && std::chrono::steady_clock::now() < end)
        std::this_thread::yield();
    BOOST_TEST(waits());
    first.exec("commit");
    second.join();
    BOOST_TEST(state().starts_with("{a1,c1} "));

    // A grant waits for a change of its role.
    exec(ungrant("r1", "k"));
    first.exec("begin; update latchkey.roles set scopes = '{a2}' where role_id = 'r1'");
    std::thread granting([&] {
        session s(uri());
        s.exec(grant("r1", "k"));
    });
    while (!waits() && std::chrono::steady_clock::now() < end)
        std::this_thread::yield();
    first.exec("commit");
    granting.join();
    BOOST_TEST(state().starts_with("{a2,c1} "));
}

BOOST_AUTO_TEST_CASE(a_look_up_tells_both_kinds_of_scopes) {
    exec(grant("r1", "k"));
    exec("update latchkey.api_keys set scopes = '{own,b}' where key_id = 'k'");
    running_store running(configuration());
    BOOST_TEST(running.record_of(crypto::sha256("k"))->facts().scopes ==
                   (std::vector<std::string>{"a", "b", "own"}),
               boost::test_tools::per_element());
    BOOST_TEST(running.record_of(crypto::sha256("o"))->facts().scopes.empty());
}

// As another writer may put them: no change fails for their form, nor does a look-up.
BOOST_AUTO_TEST_CASE(scopes_of_a_device_may_have_two_dimensions) {
    exec("update public.device_credentials set scopes = '{{own,b},{c,d}}' where device_id = 'k';"
         "insert into latchkey.roles (role_id, organization_id, name, scopes) values"
         " ('r4', 'acme', 'four', '{a,b,e}')");
    exec(grant("r4", "k", "device"));
    exec("update public.device_credentials set scopes = '{{own},{c}}' where device_id = 'k'");
    BOOST_TEST(device_state() == "{a,b,e} 1");
    running_store running(configuration());
    BOOST_TEST(running.device("k")->facts().scopes ==
                   (std::vector<std::string>{"a", "b", "c", "e", "own"}),
               boost::test_tools::per_element());
}

// One statement for many holders leaves as much in the feed as a change of their own scopes.
BOOST_AUTO_TEST_CASE(many_holders_are_told_of_in_few_rows) {
    exec("insert into latchkey.api_keys (key_hash, key_id, organization_id)"
         " select sha256(n::text::bytea), 'm' || n, 'acme' from generate_series(1, 3000) n");
    exec("insert into latchkey.role_grants select 'r1', 'api_key', 'm' || n"
         " from generate_series(1, 3000) n");
    BOOST_TEST(value("select count(*) from latchkey.api_keys where role_scopes = '{a,b}'") ==
               "3000");
    exec("delete from latchkey.changes");
    exec("update latchkey.roles set scopes = '{a}' where role_id = 'r1'");
    BOOST_TEST(std::stoi(value("select count(*) from latchkey.changes")) <= 6);
    BOOST_TEST(value("select count(distinct k) from latchkey.changes, unnest(keys) as k") ==
               "3000");
    exec("delete from latchkey.roles where role_id = 'r1'");
    BOOST_TEST(value("select count(*) from latchkey.api_keys where role_scopes is not null") ==
               "0");
    BOOST_TEST(value("select min(generation) || ' ' || max(generation) from latchkey.api_keys"
                     " where key_id like 'm%'") == "2 2");
}

BOOST_AUTO_TEST_CASE(the_trail_has_who_granted_what) {
    exec(grant("r1", "k"));
    exec("update latchkey.roles set scopes = '{a}' where role_id = 'r1'");
    exec(ungrant("r1", "k"));
    exec(grant("r1", "k"));
    exec("delete from latchkey.roles where role_id = 'r1'");
    BOOST_TEST(value("select string_agg(action || ' ' || object_id || ' ' || organization_id, ', '"
                     " order by event_id) from latchkey.audit_events"
                     " where object_kind = 'role' and action <> 'role.create'") ==
               "role.grant r1 acme, role.update r1 acme, role.ungrant r1 acme, role.grant r1 acme, "
               "role.ungrant r1 acme, role.delete r1 acme");
    BOOST_TEST(value("select after ->> 'key_id' from latchkey.audit_events"
                     " where action = 'role.grant' limit 1") == "k");
}

BOOST_AUTO_TEST_CASE(the_trail_shows_what_a_device_has_by_its_roles) {
    for (const auto& role : {"origin", "replica"})
        BOOST_TEST_CONTEXT(role) {
            exec("set session_replication_role = " + std::string(role));
            exec(grant("r2", "k", "device"));
            exec("delete from latchkey.role_grants; reset session_replication_role");
            BOOST_TEST(
                value("select string_agg(coalesce(before ->> 'role_scopes', '-') || ' to ' ||"
                      " coalesce(after ->> 'role_scopes', '-'), ', ' order by event_id)"
                      " from (select * from latchkey.audit_events where"
                      " action = 'device.update' and object_id = 'k'"
                      " order by event_id desc limit 2) as last_ones") ==
                R"(- to ["b", "c"], ["b", "c"] to -)");
        }
    BOOST_TEST(value("select count(*) from latchkey.audit_events where action = 'device.update'"
                     " and object_id = 'k'") == "4");
}

BOOST_AUTO_TEST_SUITE_END()

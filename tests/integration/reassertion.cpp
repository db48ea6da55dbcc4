// What latchkey.reassert writes back, and what it leaves alone (schema/0023).
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey::test;

namespace {

struct filled : test_database {
    filled() {
        migrate();
        exec("insert into public.organizations (organization_id) values ('o1'), ('o2')");
        exec("insert into latchkey.api_keys (key_hash, key_id, organization_id) select "
             "sha256(('k' || n)::bytea), 'k' || n, 'o1' from generate_series(1, 3) n");
        exec("insert into public.device_credentials (device_id, device_secret, organization_id,"
             " name) values ('d1', 'sha256:x', 'o1', 'd')");
    }
    // One revocation, obeyed `ago` in an era that this database does not know.
    static std::string of(const std::string& kind, const std::string& id,
                          const std::string& credential = "null", const std::string& ago = "1 s",
                          const std::string& issued_before = "null",
                          const std::string& expires = "null") {
        const std::string issuer = kind == "token" || kind == "subject" ? "i" : "";
        return "json_build_array('" + kind + "', '" + issuer + "', '" + id + "', " + credential +
               ", " + issued_before + ", " + expires +
               ", (extract(epoch from clock_timestamp() -"
               " interval '" +
               ago + "') * 1000000)::bigint)";
    }
    // Returns how many were written; "accepted".
    std::string reassert(const std::string& what, const std::string& eras = "array['gone']",
                         const std::string& seen = "3:3:") {
        return value("select case when accepted then 'accepted' else written::text end from"
                     " latchkey.reassert('n', " +
                     eras + ", '" + seen + "', json_build_array(" + what + ")::jsonb)");
    }
    std::string held() {
        return value("select coalesce(string_agg(kind || ':' || value, ' ' order by kind, value),"
                     " '') from latchkey.holds");
    }
    std::string revoked() {
        return value("select coalesce(string_agg(value, ' ' order by value), '')"
                     " from latchkey.revocations");
    }
    std::string here() { return value("select latchkey.current_era()"); }
};

const std::string key = "'api_key'";

} // namespace

BOOST_FIXTURE_TEST_SUITE(reassertion, filled)

BOOST_AUTO_TEST_CASE(it_writes_once_what_is_missing) {
    const auto all = of("credential", "k1", key) + "," + of("credential", "d1", "'device'") + "," +
                     of("disabled_organization", "o2") + "," + of("token", "jti") + "," +
                     of("credential", "unknown", key);
    BOOST_TEST(reassert(all) == "5");
    BOOST_TEST(held() == "api_key:k1 api_key:unknown device:d1 disabled_organization:o2 token:jti");
    BOOST_TEST(revoked() == "d1 jti k1 o2 unknown");
    BOOST_TEST(reassert(all) == "0");
    BOOST_TEST(value("select count(*) from latchkey.audit_events where action ~ 'reasserted'") ==
               "5");
}

BOOST_AUTO_TEST_CASE(a_credential_of_unknown_kind_is_both) {
    exec("insert into public.device_credentials (device_id, device_secret, organization_id, name)"
         " values ('k1', 'sha256:x', 'o1', 'd')");
    BOOST_TEST(reassert(of("credential", "k1")) == "2");
    BOOST_TEST(held() == "api_key:k1 device:k1");
}

// Nothing but a fall or a rise, or an operator, ends a hold: not the repair of triggers, which
// reads what is there.
BOOST_AUTO_TEST_CASE(reading_what_is_there_ends_no_hold) {
    reassert(of("credential", "d1", "'device'") + "," + of("disabled_organization", "o2"));
    exec("select latchkey.read_anew()");
    BOOST_TEST(held() == "device:d1 disabled_organization:o2");
    BOOST_TEST(revoked() == "d1 o2");
    exec("update public.device_credentials set status = 'inactive'");
    BOOST_TEST(held() == "disabled_organization:o2");
    exec("update public.device_credentials set status = 'active'");
    exec("update public.organizations set status = 'off' where organization_id = 'o2'");
    exec("update public.organizations set status = 'active' where organization_id = 'o2'");
    BOOST_TEST(held() == "");
    BOOST_TEST(revoked() == "");
}

// A new id is no restoration: the hold is of both ids, by statement and row by row.
struct renamed : filled {
    void hold_follows(const std::string& how, const std::string& kind, const std::string& held_one,
                      const std::string& rename, const std::string& off, const std::string& on) {
        BOOST_TEST_CONTEXT(how << ' ' << kind) {
            exec("set session_replication_role = " + how);
            BOOST_TEST(reassert(held_one) == "1");
            exec(rename);
            BOOST_TEST(value("select count(*) from latchkey.holds where value = 'new'") == "1");
            exec(off);
            exec(on);
            BOOST_TEST(value("select count(*) from latchkey.holds where value = 'new'") == "0");
        }
    }
    void all_follow(const std::string& how) {
        const std::string keys = "update latchkey.api_keys set ";
        hold_follows(how, "api_key", of("credential", "k1", key),
                     keys + "key_id = 'new' where key_id = 'k1'",
                     keys + "enabled = false where key_id = 'new'",
                     keys + "enabled = true where key_id = 'new'");
        const std::string devices = "update public.device_credentials set ";
        exec(keys + "key_id = 'k1' where key_id = 'new'"); // keys and devices share their ids
        hold_follows(how, "device", of("credential", "d1", "'device'"),
                     devices + "device_id = 'new'", devices + "status = 'inactive'",
                     devices + "status = 'active'");
        const std::string organizations = "update public.organizations set ";
        hold_follows(how, "disabled_organization", of("disabled_organization", "o2"),
                     organizations + "organization_id = 'new' where organization_id = 'o2'",
                     organizations + "status = 'off' where organization_id = 'new'",
                     organizations + "status = 'active' where organization_id = 'new'");
        BOOST_TEST(value("select count(*) from latchkey.revocations"
                         " where kind = 'disabled_organization'") == "0");
    }
};
BOOST_FIXTURE_TEST_CASE(a_hold_follows_a_new_id, renamed) {
    all_follow("origin");
}
BOOST_FIXTURE_TEST_CASE(a_hold_follows_a_new_id_row_by_row, renamed) {
    all_follow("replica");
}
BOOST_AUTO_TEST_CASE(a_held_organization_is_held_by_both_ids) {
    reassert(of("disabled_organization", "o2"));
    exec("update public.organizations set organization_id = 'o3' where organization_id = 'o2'");
    BOOST_TEST(held() == "disabled_organization:o2 disabled_organization:o3");
    BOOST_TEST(revoked() == "o2 o3");
}
BOOST_AUTO_TEST_CASE(a_hold_follows_an_id_that_an_array_changes) {
    const auto element = [](const std::string& id) {
        return "update public.organizations set api_keys = jsonb_build_array(jsonb_build_object("
               "'key_id', '" +
               id + "', 'key_hash', repeat('ab', 32))) where organization_id = 'o1'";
    };
    exec(element("one"));
    reassert(of("credential", "one", key));
    exec(element("two"));
    BOOST_TEST(value("select key_id from latchkey.api_keys"
                     " where key_hash = decode(repeat('ab', 32), 'hex')") == "two");
    BOOST_TEST(value("select count(*) from latchkey.holds where value = 'two'") == "1");
}

BOOST_AUTO_TEST_CASE(a_hold_does_not_hide_what_is_lost_later) {
    const std::string early = "1000000000";
    const std::string late = "2000000000";
    BOOST_TEST(reassert(of("subject", "s", "null", "1 s", early)) == "1");
    BOOST_TEST(reassert(of("subject", "s", "null", "1 s", late)) == "1");
    BOOST_TEST(value("select extract(epoch from issued_before)::int from latchkey.revocations") ==
               "2000");
    BOOST_TEST(reassert(of("subject", "s", "null", "1 s", early)) == "0");
}

// What is good again since, or was so before and the node knew it.
BOOST_AUTO_TEST_CASE(of_restorations_the_later_ones_count) {
    exec("update latchkey.api_keys set enabled = false where key_id <> 'k3'");
    exec("update latchkey.api_keys set enabled = true where key_id <> 'k3'");
    BOOST_TEST(reassert(of("credential", "k1", key)) == "0"); // in an era that it did not know
    const auto now = "array['" + here() + "']";
    const auto seen = value("select pg_current_snapshot()");
    BOOST_TEST(reassert(of("credential", "k1", key), now, "3:3:") == "0"); // it had not seen it
    BOOST_TEST(reassert(of("credential", "k1", key), now, "") == "0");     // nor anything else
    BOOST_TEST(reassert(of("credential", "k1", key), now, seen) == "1");
    BOOST_TEST(reassert(of("credential", "k2", key), "array['" + here() + "', 'later']", seen) ==
               "1"); // of an era before
    // One of an unknown era that is long past, as a dump brings it.
    exec("insert into latchkey.restorations (kind, value, era, at) values"
         " ('api_key', 'k3', 'dumped', now() - interval '1 hour')");
    BOOST_TEST(reassert(of("credential", "k3", key)) == "1");
}

BOOST_AUTO_TEST_CASE(every_way_to_restore_is_noted) {
    const auto restored = [&] {
        const auto all = value("select coalesce(string_agg(kind || ':' || value, ' ' order by kind,"
                               " value), '') from latchkey.restorations");
        exec("delete from latchkey.restorations");
        return all;
    };
    for (const auto* role : {"origin", "replica"}) {
        BOOST_TEST_CONTEXT(role) {
            exec(std::string("set session_replication_role = ") + role);
            exec("update latchkey.api_keys set enabled = false where key_id = 'k1'");
            exec("update latchkey.api_keys set enabled = true where key_id = 'k1'");
            BOOST_TEST(restored() == "api_key:k1");
            exec("update public.device_credentials set status = 'off'");
            exec("update public.device_credentials set status = 'active'");
            BOOST_TEST(restored() == "device:d1");
            exec("update public.organizations set status = 'off' where organization_id = 'o1'");
            exec("update public.organizations set status = 'active' where organization_id = 'o1'");
            BOOST_TEST(restored() == "disabled_organization:o1");
            exec("insert into latchkey.revocations (kind, issuer, value) values ('token', 'i', "
                 "'t')");
            exec("delete from latchkey.revocations where value = 't'");
            BOOST_TEST(restored() == "token:t");
            exec("insert into latchkey.revocations (kind, issuer, value) values ('token', 'i', "
                 "'t')");
            exec("truncate latchkey.revocations");
            BOOST_TEST(restored() == "token:t");
        }
    }
    exec("set session_replication_role = origin");
    // Neither what is new nor what is pruned.
    exec("insert into latchkey.api_keys (key_hash, key_id, organization_id) values"
         " (sha256('new'), 'new', 'o1')");
    BOOST_TEST(restored() == "");
}

BOOST_AUTO_TEST_CASE(lifting_leaves_what_was_there_before) {
    exec("insert into latchkey.revocations (kind, issuer, value, issued_before) values"
         " ('subject', 'i', 's', 'epoch'::timestamptz + interval '1000 s')");
    BOOST_TEST(reassert(of("subject", "s", "null", "1 s", "2000000000") + "," +
                        of("token", "jti")) == "2");
    BOOST_TEST(value("select lifted from latchkey.accept_database()") == "2");
    BOOST_TEST(held() == "");
    BOOST_TEST(value("select value || extract(epoch from issued_before)::int from"
                     " latchkey.revocations") == "s1000");
}

BOOST_AUTO_TEST_CASE(an_accepted_database_takes_nothing_more) {
    const auto before = here();
    exec("select latchkey.accept_database()");
    BOOST_TEST(here() != before); // a copy would have that of the one that it replaced
    BOOST_TEST(reassert(of("credential", "k1", key)) == "accepted");
    BOOST_TEST(reassert(of("credential", "k1", key), "array['" + before + "']") == "accepted");
    // Nor in the era after it, of a node that did not know the accepted one.
    exec("update latchkey.era set id = gen_random_uuid()");
    BOOST_TEST(reassert(of("credential", "k1", key)) == "accepted");
    // A node that has followed the accepted one has obeyed what it remembers since.
    const auto accepted = value("select era from latchkey.accepted_eras");
    BOOST_TEST(reassert(of("credential", "k1", key), "array['" + accepted + "']") == "1");
}

// Its own row refuses it, and the tokens that were made from it have a row as well.
BOOST_AUTO_TEST_CASE(tokens_of_what_is_disabled_anyway_fall_too) {
    exec("update latchkey.api_keys set enabled = false where key_id = 'k1'");
    exec("set latchkey.pruning = 'on'; delete from latchkey.revocations; reset latchkey.pruning");
    BOOST_TEST(reassert(of("credential", "k1", key)) == "1");
    BOOST_TEST(held() == "");
    BOOST_TEST(revoked() == "k1");
    BOOST_TEST(reassert(of("credential", "k1", key)) == "0");
}

BOOST_AUTO_TEST_CASE(times_without_end_are_kept) {
    exec("insert into latchkey.revocations (kind, issuer, value, expires_at) values"
         " ('token', 'i', 'ever', 'infinity'), ('token', 'i', 'far', '3000-01-01')");
    const std::string no_end = "'infinity'";
    BOOST_TEST(reassert(of("token", "ever", "null", "1 s", "null", no_end) + "," +
                        of("token", "far", "null", "1 s", "null", no_end) + "," +
                        of("token", "ever") + "," +
                        of("token", "lost", "null", "1 s", "null", no_end)) == "1");
    BOOST_TEST(value("select string_agg(value || ' ' || expires_at, ',' order by value) from"
                     " latchkey.revocations")
                   .starts_with("ever infinity,far 3000"));
}

BOOST_AUTO_TEST_CASE(what_is_old_or_over_is_not_judged) {
    BOOST_TEST(reassert(of("credential", "k1", key, "21 hours") + "," +
                        of("token", "t", "null", "1 s", "null", "1000000")) == "0");
}

BOOST_AUTO_TEST_CASE(odd_ids_are_only_text) {
    BOOST_TEST(reassert(of("credential", "k''1\",{}\\\\ü", key) + "," + of("token", "")) == "2");
    BOOST_TEST(reassert("") == "0");
}

// Whoever restores at that moment is waited for shortly, and sees what was written.
BOOST_AUTO_TEST_CASE(a_restoration_at_the_same_time_is_not_overwritten) {
    session other(uri());
    other.exec("begin; update latchkey.api_keys set enabled = false where key_id = 'k1';"
               "update latchkey.api_keys set enabled = true where key_id = 'k1'");
    BOOST_TEST(reassert(of("credential", "k2", key)) == "1");
    BOOST_CHECK_THROW(reassert(of("credential", "k1", key) + "," + of("credential", "k3", key)),
                      std::runtime_error);
    other.exec("commit");
    BOOST_TEST(reassert(of("credential", "k1", key) + "," + of("credential", "k3", key)) == "1");
    BOOST_TEST(held() == "api_key:k2 api_key:k3");
}
// The other way round, the one who restores waits, and ends the hold that was written.
BOOST_AUTO_TEST_CASE(who_restores_sees_what_was_written) {
    exec("update latchkey.api_keys set enabled = false where key_id = 'k1'");
    session other(uri());
    exec("begin");
    BOOST_TEST(reassert(of("credential", "k1", key) + "," + of("credential", "k2", key)) == "1");
    other.exec("update latchkey.api_keys set enabled = true where key_id = 'k1'");
    exec("commit");
    BOOST_TEST(held() == "api_key:k2");
    other.exec("update latchkey.api_keys set enabled = false where key_id = 'k2';"
               "update latchkey.api_keys set enabled = true where key_id = 'k2'");
    BOOST_TEST(held() == "");
}

BOOST_AUTO_TEST_CASE(one_node_at_a_time_writes) {
    session other(uri());
    other.exec("begin; select pg_advisory_xact_lock(7021860473823)");
    BOOST_TEST(reassert(of("credential", "k1", key)) == "NULL");
    other.exec("commit");
    BOOST_TEST(reassert(of("credential", "k1", key)) == "1");
}

BOOST_AUTO_TEST_CASE(of_two_nodes_one_begins_the_era_of_a_copy) {
    const auto copied = here();
    session other(uri());
    exec("begin; select latchkey.leave_era('" + copied + "')");
    const auto now = here();
    other.exec("set lock_timeout = 0");
    exec("commit");
    BOOST_TEST(other.value("select latchkey.leave_era('" + copied + "')") == "f");
    BOOST_TEST(here() == now);
    BOOST_TEST(now != copied);
}

BOOST_AUTO_TEST_SUITE_END()

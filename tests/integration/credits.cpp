// Credits in the database: which account a key spends from, leases, refills, and nodes that are
// gone.
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <random>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;

namespace {

class credit_database : public migrated_database {
  public:
    credit_database() {
        exec("insert into public.organizations (organization_id) values ('acme'), ('other')");
        exec("insert into latchkey.api_keys (key_hash, key_id, organization_id, external_id)"
             " select sha256(n::text::bytea), 'k' || n, 'acme', case when n <= 3 then 'cust' end"
             " from generate_series(1, 5) n");
    }
    // "k1:1 k2:- …"
    std::string accounts() {
        return value("select string_agg(key_id || ':' || coalesce(credit_account::text, '-'), ' '"
                     " order by key_id) from latchkey.api_keys");
    }
    // "remaining/leased/unaccounted/spent"
    std::string sums(int account) {
        return value("select format('%s/%s/%s/%s', remaining, leased, unaccounted, spent)"
                     " from latchkey.credit_accounts where account = " +
                     std::to_string(account));
    }
    // `of`: accounts, asked, given back and spent, as arrays; nobody waits for any.
    static std::string lease(const std::string& node, int seq, std::string of,
                             const std::string& after = "null") {
        const auto accounts = of.substr(0, of.find(", '{"));
        const auto needed = accounts == "null" ? "'{0}'"
                                               : "array_fill(0::bigint, array[cardinality(" +
                                                     accounts + "::bigint[])])";
        of.insert(of.find("}'", accounts.size()) + 2, ", " + needed);
        return "select granted::text || remaining::text || known::text from "
               "latchkey.lease_credits('" +
               node + "', " + std::to_string(seq) + ", " + after + ", " + of + ")";
    }
    std::string give(const std::string& whose, const std::string& what) {
        return value("select account from latchkey.set_credits(" + whose + ", null, " + what + ")");
    }
    void announce(const std::string& node, const std::string& age = "0 s") {
        exec("insert into latchkey.nodes (instance_id, node, version, started_at, heartbeat_at,"
             " max_staleness) values ('" +
             node + "', 'n', 'v', now(), clock_timestamp() - interval '" + age +
             "', '60 s') on conflict (instance_id) do update set heartbeat_at ="
             " excluded.heartbeat_at");
    }
    // As if the node had not asked for a while.
    void silence() {
        exec("update latchkey.credit_answers set asked_at = now() - interval '1 hour'");
    }
};

const std::string node_a = "00000000-0000-0000-0000-00000000000a";
const std::string node_b = "00000000-0000-0000-0000-00000000000b";

} // namespace

BOOST_FIXTURE_TEST_SUITE(credits, credit_database)

BOOST_AUTO_TEST_CASE(a_key_spends_its_own_or_else_its_owners) {
    BOOST_TEST(give("'k1', null, null", "100, true, 50, 86400") == "1");
    BOOST_TEST(give("null, 'acme', 'cust'", "1000, false, null, null") == "2");
    BOOST_TEST(accounts() == "k1:1 k2:2 k3:2 k4:- k5:-");
    // Another organization's owner of the same name is another.
    exec("insert into latchkey.api_keys (key_hash, key_id, organization_id, external_id)"
         " values (sha256('6'), 'k6', 'other', 'cust'), (sha256('7'), 'k7', 'acme', 'cust')");
    BOOST_TEST(accounts() == "k1:1 k2:2 k3:2 k4:- k5:- k6:- k7:2");

    exec("update latchkey.api_keys set key_id = 'k1b' where key_id = 'k1'");
    exec("update latchkey.api_keys set external_id = null where key_id = 'k2'");
    exec("update latchkey.api_keys set external_id = 'cust' where key_id = 'k4'");
    exec("update latchkey.api_keys set organization_id = 'other' where key_id = 'k7'");
    // Nobody writes the column past the rule.
    exec("update latchkey.api_keys set credit_account = 77 where key_id in ('k3', 'k5')");
    BOOST_TEST(accounts() == "k1b:1 k2:- k3:2 k4:2 k5:- k6:- k7:-");

    exec("delete from latchkey.credit_accounts where account = 1");
    BOOST_TEST(accounts() == "k1b:2 k2:- k3:2 k4:2 k5:- k6:- k7:-");
    exec(
        "update public.organizations set organization_id = 'acme2' where organization_id = 'acme'");
    BOOST_TEST(accounts() == "k1b:2 k2:- k3:2 k4:2 k5:- k6:- k7:-");
    BOOST_TEST(value("select organization_id from latchkey.credit_accounts") == "acme2");
    exec("truncate latchkey.credit_accounts");
    BOOST_TEST(accounts() == "k1b:- k2:- k3:- k4:- k5:- k6:- k7:-");
}

BOOST_AUTO_TEST_CASE(the_account_of_a_key_ends_with_it) {
    give("'k1', null, null", "100, false, null, null");
    give("'k2', null, null", "100, false, null, null");
    give("null, 'acme', 'cust'", "100, false, null, null");
    exec(lease(node_a, 1, "'{1}', '{10}', '{0}', '{0}'"));
    exec("delete from latchkey.api_keys where key_id = 'k1'");
    BOOST_TEST(value("select count(*) from latchkey.credit_leases") == "0");
    exec("truncate latchkey.api_keys");
    BOOST_TEST(value("select string_agg(kind, ' ') from latchkey.credit_accounts") == "owner");
    BOOST_TEST(owner().sqlstate_of("insert into latchkey.credit_accounts (kind, key_id, remaining)"
                                   " values ('key', 'none', 5)") == "23503");
}

BOOST_AUTO_TEST_CASE(a_key_and_the_account_of_its_owner_that_come_at_once_find_each_other) {
    session one(uri());
    session two(uri());
    const std::string new_key =
        "insert into latchkey.api_keys (key_hash, key_id, organization_id, external_id)"
        " values (sha256('n'), 'new', 'acme', 'late')";
    const std::string new_account =
        "select latchkey.set_credits(null, 'acme', 'late', null, 5, false, null, null)";
    one.exec("begin");
    one.exec(new_account);
    std::thread waits([&] { two.exec(new_key); });
    const auto is_waiting = [&] {
        return value("select count(*) from pg_locks where locktype = 'advisory' and not granted") ==
               "1";
    };
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!is_waiting() && std::chrono::steady_clock::now() < give_up)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    one.exec("commit");
    waits.join();
    BOOST_TEST(value("select credit_account is not null from latchkey.api_keys"
                     " where key_id = 'new'") == "t");

    // The other way round, the operator is told to try again, before a deadlock is looked for.
    exec("delete from latchkey.credit_accounts");
    one.exec("begin");
    one.exec("update latchkey.api_keys set external_id = 'late' where key_id = 'k5'");
    BOOST_TEST(two.sqlstate_of(new_account) == "55P03");
    one.exec("commit");
    two.exec(new_account);
    BOOST_TEST(value("select credit_account is not null from latchkey.api_keys"
                     " where key_id = 'k5'") == "t");
}

BOOST_AUTO_TEST_CASE(leases_are_given_in_slices_and_once) {
    give("'k1', null, null", "100, false, null, null");
    give("null, 'acme', 'cust'", "1000, false, null, null");
    const auto first = lease(node_a, 1, "'{2,1,99}', '{100,40,5}', '{0,0,0}', '{0,0,0}'");
    BOOST_TEST(value(first) == "{100,40,0}{900,60,0}{t,t,f}");
    BOOST_TEST(value(first) == "{100,40,0}{900,60,0}{t,t,f}");
    BOOST_TEST(sums(1) == "60/40/0/0");
    BOOST_TEST(owner().sqlstate_of(lease(node_a, 0, "'{1}', '{1}', '{0}', '{0}'")) == "55000");
    // Where another holds some, a fourth of the rest at most.
    BOOST_TEST(value(lease(node_b, 7, "'{1,2}', '{90,900}', '{0,0}', '{0,0}'")) ==
               "{15,225}{45,675}{t,t}");
    BOOST_TEST(value(lease(node_b, 8, "'{1,2}', '{0,0}', '{10,0}', '{5,25}'")) ==
               "{0,0}{55,675}{t,t}");
    BOOST_TEST(sums(1) == "55/40/0/5");
    BOOST_TEST(sums(2) == "675/300/0/25");
    BOOST_TEST(value("select string_agg(concat_ws(' ', key_id, external_id, credits), ', ' order by"
                     " credits) from latchkey.usage_by_day") == "k1 cust 5,  cust 25");
    // The last one is given whole, and then it is spent.
    exec("update latchkey.credit_accounts set remaining = 1 where account = 1");
    BOOST_TEST(value(lease(node_b, 9, "'{1}', '{90}', '{0}', '{0}'")) == "{1}{0}{t}");
    BOOST_TEST(value(lease(node_b, 10, "'{1}', '{90}', '{0}', '{0}'")) == "{0}{0}{t}");
    for (const auto* wrong : {"'{1}', '{-1}', '{0}', '{0}'", "'{1}', '{1,2}', '{0}', '{0}'",
                              "'{1}', '{null}', '{0}', '{0}'", "null, '{1}', '{0}', '{0}'"})
        BOOST_TEST(owner().sqlstate_of(lease(node_b, 11, wrong)) == "22023", wrong);
    // What nodes take leaves no event.
    BOOST_TEST(value("select string_agg(action || ' ' || object_id, ', ' order by event_id)"
                     " from latchkey.audit_events where object_kind = 'credit_account'") ==
               "credit_account.create k1, credit_account.create cust, credit_account.update k1");
}

BOOST_AUTO_TEST_CASE(refills_come_at_each_multiple_of_their_time_and_missed_ones_once) {
    give("'k1', null, null", "5, true, 50, 100");
    const auto set = [&](const std::string& ago) {
        exec("update latchkey.credit_accounts set remaining = 5, refilled_at = clock_timestamp()"
             " - interval '" +
             ago + "'");
    };
    int seq = 0;
    const auto ask = [&] { return value(lease(node_a, ++seq, "'{1}', '{0}', '{0}', '{0}'")); };
    set("99 s");
    BOOST_TEST(ask() == "{0}{5}{t}");
    set("350 s");
    BOOST_TEST(ask() == "{0}{50}{t}");
    BOOST_TEST(value("select round(extract(epoch from clock_timestamp() - refilled_at) / 10)"
                     " from latchkey.credit_accounts") == "5");
    exec("update latchkey.credit_accounts set remaining = 70, refilled_at = refilled_at"
         " - interval '100 s'");
    BOOST_TEST(ask() == "{0}{70}{t}");
    // After a clock that was ahead.
    set("-1 year");
    BOOST_TEST(ask() == "{0}{5}{t}");
    BOOST_TEST(value("select refilled_at <= clock_timestamp() from latchkey.credit_accounts") ==
               "t");
    // What is shown is refilled, too.
    set("350 s");
    BOOST_TEST(value("select remaining from latchkey.show_credits('k1', null, null, null)") ==
               "50");
}

BOOST_AUTO_TEST_CASE(what_a_lost_node_held_is_written_off_and_subtracted_once) {
    give("'k1', null, null", "100, false, null, null");
    exec(lease(node_a, 1, "'{1}', '{40}', '{0}', '{0}'"));
    exec(lease(node_b, 1, "'{1}', '{10}', '{0}', '{0}'"));
    BOOST_TEST(sums(1) == "50/50/0/0");
    announce(node_a, "69 s");
    announce(node_b);
    silence();
    BOOST_TEST(value("select latchkey.settle_credit_leases()") == "0");
    announce(node_a, "71 s");
    BOOST_TEST(value("select latchkey.settle_credit_leases()") == "1");
    BOOST_TEST(sums(1) == "50/10/40/0");
    BOOST_TEST(value("select latchkey.settle_credit_leases()") == "0");
    // It is back, and tells what it has spent meanwhile, in two parts; it gives back the rest.
    announce(node_a);
    BOOST_TEST(value(lease(node_a, 2, "'{1}', '{0}', '{0}', '{15}'")) == "{0}{50}{t}");
    BOOST_TEST(sums(1) == "50/10/25/15");
    BOOST_TEST(value(lease(node_a, 3, "'{1}', '{5}', '{20}', '{5}'")) == "{5}{65}{t}");
    BOOST_TEST(sums(1) == "65/15/0/20");
    // Nobody knows of these: they are subtracted, and what comes back of them is not given back.
    BOOST_TEST(value(lease(node_a, 4, "'{1}', '{0}', '{9}', '{8}'")) == "{0}{62}{t}");
    BOOST_TEST(sums(1) == "62/10/0/28");
    BOOST_TEST(value(lease(node_a, 5, "'{1}', '{0}', '{0}', '{500}'")) == "{0}{0}{t}");
    // A node without a row is not gone while it asks.
    exec(lease(node_a, 6, "'{1}', '{0}', '{0}', '{0}'"));
    exec("update latchkey.credit_accounts set remaining = 20");
    exec(lease(node_a, 7, "'{1}', '{2}', '{0}', '{0}'"));
    exec("delete from latchkey.nodes");
    exec("update latchkey.credit_answers set asked_at = clock_timestamp()");
    BOOST_TEST(value("select latchkey.settle_credit_leases()") == "0");
    silence();
    BOOST_TEST(value("select latchkey.settle_credit_leases()") == "2");
}

BOOST_AUTO_TEST_CASE(operators_set_what_is_left_with_what_nodes_hold) {
    give("null, 'acme', 'cust'", "100, false, null, null");
    exec(lease(node_a, 1, "'{1}', '{40}', '{0}', '{0}'"));
    give("null, 'acme', 'cust'", "1000, true, 7, 60");
    BOOST_TEST(sums(1) == "960/40/0/0");
    give("null, 'acme', 'cust'", "10, false, null, null");
    BOOST_TEST(sums(1) == "0/40/0/0");
    exec("select latchkey.add_credits(null, 'acme', 'cust', null, 25)");
    BOOST_TEST(sums(1) == "25/40/0/0");
    BOOST_TEST(value("select refill_amount from latchkey.credit_accounts") == "7");
    give("null, 'acme', 'cust'", "null, true, null, null");
    BOOST_TEST(value("select refill_amount is null from latchkey.credit_accounts") == "t");
    BOOST_TEST(sums(1) == "25/40/0/0");

    const auto rows_of = [&](const std::string& asked) {
        return value("select count(*) || ' ' || count(account) from latchkey." + asked);
    };
    BOOST_TEST(rows_of("show_credits('k1', null, null, null)") == "1 1"); // its owner's
    BOOST_TEST(rows_of("show_credits('k5', null, null, 'acme')") == "1 0");
    BOOST_TEST(rows_of("show_credits('none', null, null, null)") == "0 0");
    BOOST_TEST(rows_of("show_credits(null, 'none', 'cust', null)") == "0 0");
    // Whoever is bound to another organization finds nothing.
    BOOST_TEST(rows_of("show_credits('k1', null, null, 'other')") == "0 0");
    BOOST_TEST(rows_of("add_credits(null, 'acme', 'cust', 'other', 1)") == "0 0");
    BOOST_TEST(rows_of("remove_credits(null, 'acme', 'cust', 'other')") == "0 0");
    BOOST_TEST(rows_of("add_credits('k1', null, null, null, 1)") == "1 0"); // none of its own
    BOOST_TEST(rows_of("remove_credits(null, 'acme', 'cust', 'acme')") == "1 1");
    BOOST_TEST(accounts() == "k1:- k2:- k3:- k4:- k5:-");
}

// Random calls of several nodes, some of which are repeated, rolled back, or end with their
// session; and nodes that are taken for lost, and come back or not. What was given is always what
// is there.
BOOST_AUTO_TEST_CASE(nothing_is_lost_or_made) {
    std::mt19937 random(20261130);
    const auto up_to = [&](int most) { return std::uniform_int_distribution<>(0, most)(random); };
    give("'k1', null, null", "500, false, null, null");
    give("null, 'acme', 'cust'", "800, false, null, null");
    std::int64_t given = 1300;
    struct node {
        int seq = 0;
        std::map<int, int> held;
    };
    std::map<std::string, node> nodes;
    const std::vector<std::string> names = {node_a, node_b, "00000000-0000-0000-0000-00000000000c"};
    for (const auto& name : names)
        announce(name);
    int killed = 0;
    int settled = 0;
    for (int round = 0; round < 400; ++round) {
        const auto& name = names[static_cast<std::size_t>(up_to(2))];
        auto& n = nodes[name];
        std::string asked;
        std::string returned;
        std::string spent;
        std::map<int, int> left = n.held;
        for (int account : {1, 2}) {
            const int used = up_to(left[account]);
            const int back = up_to(left[account] - used);
            left[account] -= used + back;
            const auto add = [&](std::string& to, int what) {
                to += (to.empty() ? "" : ",") + std::to_string(what);
            };
            add(asked, up_to(60));
            add(returned, back);
            add(spent, used);
        }
        const auto call = lease(
            name, ++n.seq, "'{1,2}', '{" + asked + "}', '{" + returned + "}', '{" + spent + "}'");
        session s(uri());
        if (up_to(3) == 0) {
            s.exec("begin");
            s.exec(call);
            if (up_to(1) == 0) {
                s.exec("rollback");
            } else {
                exec("select pg_terminate_backend(" + s.backend_pid() + ", 10000)");
                ++killed;
            }
        }
        // The answer was lost, or was never made: the node asks the same again.
        for (int times = up_to(1); times >= 0; --times) {
            session again(uri());
            const auto granted =
                again.query("select unnest(granted) from (" +
                            std::string("select * from latchkey.lease_credits('") +
                            call.substr(call.find("lease_credits('") + 15) + ") as g");
            if (times > 0) continue;
            for (int account : {1, 2})
                left[account] +=
                    std::stoi(granted[static_cast<std::size_t>(account - 1)][0].value());
        }
        n.held = left;
        if (up_to(9) == 0) {
            announce(name, "10 min");
            silence();
            settled += std::stoi(value("select latchkey.settle_credit_leases()"));
            announce(name);
        }
        if (up_to(9) == 0) {
            const int more = 1 + up_to(100);
            exec("select latchkey.add_credits('k1', null, null, null, " + std::to_string(more) +
                 ")");
            given += more;
        }
        BOOST_REQUIRE(value("select sum(remaining + leased + unaccounted + spent) from"
                            " latchkey.credit_accounts") == std::to_string(given));
        BOOST_REQUIRE(
            value("select count(*) from latchkey.credit_accounts a where leased <> coalesce(("
                  "select sum(held) from latchkey.credit_leases l where l.account ="
                  " a.account), 0) or unaccounted <> coalesce((select sum(amount) from"
                  " latchkey.credit_write_offs w where w.account = a.account), 0)") == "0");
        BOOST_REQUIRE(value("select sum(credits) is not distinct from (select nullif(sum(spent), 0)"
                            " from latchkey.credit_accounts) from latchkey.usage_by_day") == "t");
    }
    BOOST_TEST(killed > 20);
    BOOST_TEST(settled > 5);
    BOOST_TEST(std::stoi(value("select sum(spent) from latchkey.credit_accounts")) > 500);
}

// As after the promotion of a standby that was behind.
BOOST_AUTO_TEST_CASE(what_it_has_lost_is_told_again_before_anything_is_given) {
    give("'k1', null, null", "100, false, null, null");
    const auto ask = [&](int seq, int after, const std::string& of) {
        return value(
            "select behind || ' ' || coalesce(granted::text, '') from latchkey.lease_credits('" +
            node_a + "', " + std::to_string(seq) + ", " + std::to_string(after) + ", " + of + ")");
    };
    BOOST_TEST(value(lease(node_a, 1, "'{1}', '{40}', '{0}', '{0}'", "-1")) == "{40}{60}{t}");
    BOOST_TEST(ask(4, 3, "'{1}', '{40}', '{0}', '{0}', '{0}'") == "1 ");
    BOOST_TEST(sums(1) == "60/40/0/0");
    // In another life, nothing is given for a while, and what is told counts.
    exec("update latchkey.lease_life set life = 'another'");
    BOOST_TEST(value(lease(node_a, 5, "'{1}', '{40}', '{0}', '{70}'", "1")) == "{0}{30}{f}");
    BOOST_TEST(sums(1) == "30/0/0/70");
    exec("update latchkey.lease_life set began_at = began_at - interval '3 s'");
    BOOST_TEST(value(lease(node_a, 6, "'{1}', '{40}', '{0}', '{0}'", "5")) == "{30}{0}{t}");
}

// After a refill to the most that there may be, what comes back is too much.
BOOST_AUTO_TEST_CASE(an_account_never_has_more_than_it_may) {
    const std::string most = "1000000000000000";
    give("'k1', null, null", most + ", true, " + most + ", 3600");
    value(lease(node_a, 1, "'{1}', '{100}', '{0}', '{0}'"));
    exec("update latchkey.credit_accounts set refilled_at = refilled_at - interval '1 hour'");
    value(lease(node_a, 2, "'{1}', '{0}', '{60}', '{40}'"));
    BOOST_TEST(sums(1) == most + "/0/0/100");
    BOOST_TEST(owner().sqlstate_of("select latchkey.add_credits('k1', null, null, null, 1)") ==
               "22003");
}

// No setting of a session hides a change from the audit trail.
BOOST_AUTO_TEST_CASE(what_others_change_is_recorded) {
    give("'k1', null, null", "10, false, null, null");
    exec("set latchkey.leases_credits = 'on'; update latchkey.credit_accounts set remaining = 77");
    BOOST_TEST(value("select after ->> 'remaining' from latchkey.audit_events"
                     " where action = 'credit_account.update'") == "77");
    value(lease(node_a, 1, "'{1}', '{5}', '{0}', '{0}'"));
    BOOST_TEST(value("select count(*) from latchkey.audit_events"
                     " where action = 'credit_account.update'") == "1");
}

BOOST_AUTO_TEST_CASE(an_account_is_not_removed_under_a_key_that_is_being_made) {
    const auto owner = give("null, 'acme', 'cust'", "10, false, null, null");
    session maker(uri());
    maker.exec("begin; insert into latchkey.api_keys (key_hash, key_id, organization_id,"
               " external_id) values (sha256('new'), 'new', 'acme', 'cust')");
    BOOST_CHECK_THROW(
        value("select account from latchkey.remove_credits(null, 'acme', 'cust', null)"),
        std::runtime_error);
    maker.exec("commit");
    value("select account from latchkey.remove_credits(null, 'acme', 'cust', null)");
    BOOST_TEST(value("select count(*) from latchkey.api_keys where credit_account = " + owner) ==
               "0");
}

// What an ordinary update tells the feed, a replica's tells as well.
BOOST_AUTO_TEST_CASE(replicas_judge_the_same_columns) {
    BOOST_TEST(value("select coalesce(string_agg(a.attname, ' '), '') from pg_attribute a"
                     " where a.attrelid = 'latchkey.api_keys'::regclass and a.attnum > 0"
                     " and not a.attisdropped and (select prosrc from pg_proc where oid ="
                     " 'latchkey.api_keys_updated'::regproc) ~ ('\\m' || a.attname || '\\M')"
                     " and (select pg_get_triggerdef(oid) from pg_trigger where tgrelid ="
                     " a.attrelid and tgname = 'latchkey_row_update')"
                     " !~ ('old\\.' || a.attname || '\\M')") == "");
}

BOOST_AUTO_TEST_CASE(usage_is_forgotten_after_its_time) {
    exec("insert into latchkey.usage_by_day (day, organization_id, key_id, external_id)"
         " select current_date - n, '', '', '' from generate_series(0, 500, 10) n");
    BOOST_TEST(value("select latchkey.prune_usage(400)") == "10");
    BOOST_TEST(value("select latchkey.prune_usage(0)") == "37"); // 31 days at least
}

BOOST_AUTO_TEST_SUITE_END()

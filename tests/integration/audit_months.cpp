// The audit trail by months: partitions ahead, an end to old ones, and rows that have none.
#include "audited_database.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey::test;

namespace {

struct months : audited_database {
    std::string partitions() {
        return value("select coalesce(string_agg(right(relid::text, 7), ' ' order by relid::text),"
                     " '') from pg_partition_tree('latchkey.audit_events')"
                     " where isleaf and relid::text ~ '\\d$'");
    }
    std::string this_month_and_next() {
        return value("select string_agg(to_char(date_trunc('month', now() at time zone 'UTC') +"
                     " make_interval(months => n), 'YYYY_MM'), ' ') from generate_series(0, 2) n");
    }
    void event_at(const std::string& at, int rows = 1) {
        exec("insert into latchkey.audit_events (at, actor, action, object_kind)"
             " select '" +
             at + "', '{}', 'old', 'test' from generate_series(1, " + std::to_string(rows) + ")");
    }
    std::string in_default() { return value("select count(*) from latchkey.audit_events_default"); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(audit_months, months)

BOOST_AUTO_TEST_CASE(there_are_partitions_for_this_month_and_the_next_two) {
    BOOST_TEST(partitions() == this_month_and_next());
    exec("select latchkey.keep_audit_events(null)");
    BOOST_TEST(partitions() == this_month_and_next());
}

BOOST_AUTO_TEST_CASE(a_month_goes_once_it_is_over_and_the_trail_says_so) {
    exec("select latchkey.make_audit_partition('2020-01-01');"
         "select latchkey.make_audit_partition('2020-02-01')");
    event_at("2020-01-31 23:59:59+00");
    event_at("2020-02-01 00:00:00+00");
    const auto drop = [&](const std::string& before) {
        return value("select latchkey.drop_audit_events('" + before + "')");
    };
    BOOST_TEST(drop("2020-01-31 23:59:59+00") == "NULL");
    recorded();
    BOOST_TEST(drop("2020-02-01 00:00:00+00") == "audit_events_2020_01");
    BOOST_TEST(recorded() == "audit.expire audit_events_2020_01");
    BOOST_TEST(drop("2020-02-29 00:00:00+00") == "NULL");
    BOOST_TEST(drop("2020-03-01 00:00:00+00") == "audit_events_2020_02");
    BOOST_TEST(partitions() == this_month_and_next());
    BOOST_TEST(value("select count(*) from latchkey.audit_events where action = 'old'") == "0");
}

BOOST_AUTO_TEST_CASE(rows_without_a_partition_move_into_theirs_or_go) {
    event_at("2020-01-10", 3);
    event_at("2020-02-10", 3);
    BOOST_TEST(in_default() == "6");
    exec("select latchkey.make_audit_partition('2020-01-01')");
    BOOST_TEST(in_default() == "3");
    BOOST_TEST(value("select count(*) from latchkey.audit_events_2020_01") == "3");
    BOOST_TEST(value("select latchkey.drop_audit_events('2020-02-11')") == "audit_events_2020_01");
    BOOST_TEST(value("select latchkey.drop_audit_events('2020-02-11')") == "3 rows");
    BOOST_TEST(in_default() == "0");
    // So many that others would wait: they stay where they are, and are found.
    event_at("2020-03-10", 1001);
    BOOST_TEST(value("select latchkey.make_audit_partition('2020-03-01')") == "f");
    BOOST_TEST(value("select count(*) from latchkey.audit_events where action = 'old'") == "1001");
    // What is moved there is kept like the rest.
    BOOST_TEST(owner().sqlstate_of("delete from latchkey.audit_events_default") == "42501");
}

BOOST_AUTO_TEST_CASE(a_month_at_least_is_kept_and_a_clock_that_jumps_ends_nothing) {
    exec("select latchkey.make_audit_partition('2020-01-01');"
         "select latchkey.make_audit_partition("
         "(date_trunc('month', now() at time zone 'UTC') - interval '1 month')::date)");
    const auto left = [&] {
        return value("select count(*) from pg_inherits where inhparent ="
                     " 'latchkey.audit_events'::regclass");
    };
    exec("update latchkey.feed_state set clock_seen_at = '2020-01-15'");
    BOOST_TEST(value("select latchkey.keep_audit_events('31 days')") == "f");
    BOOST_TEST(left() == "6");
    exec("update latchkey.feed_state set clock_seen_at = clock_timestamp()");
    BOOST_TEST(value("select latchkey.keep_audit_events(null)") == "f");
    BOOST_TEST(left() == "6");
    BOOST_TEST(value("select latchkey.keep_audit_events('0')") == "t");
    BOOST_TEST(value("select latchkey.keep_audit_events('0')") == "f");
    BOOST_TEST(left() == "5"); // last month ended less than 31 days ago
}

BOOST_AUTO_TEST_CASE(a_month_that_cannot_be_dropped_keeps_no_other_from_being_made) {
    exec("select latchkey.make_audit_partition('2020-01-01');"
         "create view public.kept as select * from latchkey.audit_events_2020_01");
    const auto next = value("select 'latchkey.audit_events_' || to_char(now() at time zone 'UTC' +"
                            " interval '1 month', 'YYYY_MM')");
    exec("drop table " + next);
    BOOST_TEST(value("select latchkey.keep_audit_events('31 days')") == "f");
    BOOST_TEST(value("select to_regclass('" + next + "') is not null") == "t");
    exec("drop view public.kept");
    BOOST_TEST(value("select latchkey.keep_audit_events('31 days')") == "t");
    // It waits for no standby.
    exec("begin; select latchkey.keep_audit_events(null)");
    BOOST_TEST(value("show synchronous_commit") == "off");
    exec("commit");
}

// A month's guard may be dropped like any trigger: it is seen, and made again without all being
// read.
BOOST_AUTO_TEST_CASE(each_month_is_guarded) {
    const auto wrong = [&] { return value("select latchkey.wrong_audit_triggers()"); };
    BOOST_TEST(wrong() == "NULL");
    exec("drop trigger latchkey_audit_untruncated on latchkey.audit_events_default;"
         "drop trigger latchkey_audit_insert on latchkey.api_keys;"
         "alter table latchkey.revocations disable trigger latchkey_audit_insert;"
         "delete from latchkey.changes");
    BOOST_TEST(wrong() ==
               "latchkey_audit_insert on latchkey.api_keys is missing, latchkey_audit_untruncated"
               " on latchkey.audit_events_default is missing, latchkey_audit_insert on"
               " latchkey.revocations is switched off");
    exec("select latchkey.set_triggers()");
    BOOST_TEST(wrong() == "NULL");
    BOOST_TEST(value("select count(*) from latchkey.changes") == "0");
    exec("alter table latchkey.api_keys disable trigger latchkey_feed_insert;"
         "select latchkey.set_triggers()");
    BOOST_TEST(value("select count(*) from latchkey.changes where kind = 'everything'") == "1");
}

BOOST_AUTO_TEST_CASE(upkeep_gives_way_to_who_reads_or_writes) {
    exec("select latchkey.make_audit_partition('2020-01-01')");
    session other(uri());
    other.exec("begin; select count(*) from latchkey.audit_events");
    BOOST_TEST(value("select latchkey.drop_audit_events('2021-01-01')") == "NULL");
    BOOST_TEST(value("select latchkey.make_audit_partition('2020-02-01')") == "f");
    other.exec("commit");
    BOOST_TEST(value("select latchkey.drop_audit_events('2021-01-01')") == "audit_events_2020_01");
}

BOOST_AUTO_TEST_SUITE_END()

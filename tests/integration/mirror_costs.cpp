// The cost of the mirror and the triggers, in function calls and by plan; and that the fast paths
// give the same results as the slow ones.
#include "support.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace latchkey::test;

namespace {

const std::string ten_thousand =
    "(select jsonb_agg(jsonb_build_object('key_hash', encode(sha256(n::text::bytea), 'hex'),"
    " 'key_id', 'k' || n, 'name', 'n' || n, 'is_active', true, 'scopes', '[\"read\"]'::jsonb,"
    " 'created_at', '2024-01-02T03:04:05Z', 'expires_at', null) order by n)"
    " from generate_series(1, 10000) n)";

struct counted : migrated_database {
    counted() { exec("set track_functions = 'all'"); }
    /// Returns how often Latchkey's functions were called in a transaction with these statements,
    /// except current_era, which each row of the feed calls.
    std::size_t calls(const std::string& statements, const std::string& named = "%") {
        const auto count = [&] {
            return std::stoul(value("select coalesce(sum(calls), 0) from"
                                    " pg_stat_xact_user_functions where schemaname = 'latchkey'"
                                    " and funcname <> 'current_era'"
                                    " and funcname like '" +
                                    named + "'"));
        };
        // Counts from before may not have been reported yet, so the difference is taken in a
        // transaction.
        exec("begin");
        const auto before = count();
        exec(statements);
        const auto after = count();
        exec("commit");
        return after - before;
    }
};

// Returns the conditions, in plans of nested statements, that compare with each element of a
// parameter.
std::vector<std::string> slow_filters(session& s) {
    std::vector<std::string> out;
    for (const auto& message : s.take_warnings())
        for (std::size_t at = 0; (at = message.find("Filter: ", at)) != std::string::npos; ++at) {
            const auto line = message.substr(at, message.find('\n', at) - at);
            if (line.find("ANY ($") != std::string::npos) out.push_back(line);
        }
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(mirror_costs)

BOOST_FIXTURE_TEST_CASE(an_element_that_is_plain_is_read_with_all_others_at_once, counted) {
    const auto inserted = calls("insert into public.organizations (organization_id, api_keys)"
                                " values ('o', " +
                                ten_thousand + ")");
    BOOST_TEST(value("select count(*) from latchkey.api_keys where enabled") == "10000");
    BOOST_TEST(inserted < 60u);
    BOOST_TEST(calls("update public.organizations set api_keys ="
                     " jsonb_set(api_keys, '{4999,is_active}', 'false')") < 60u);
    BOOST_TEST(value("select count(*) from latchkey.api_keys where enabled") == "9999");
    // An element that is not plain costs one call.
    BOOST_TEST(calls("update public.organizations set api_keys ="
                     " jsonb_set(api_keys, '{7,expires_at}', '\"n/a\"')",
                     "read_element") == 1u);
}

BOOST_FIXTURE_TEST_CASE(empty_organizations_cost_nothing_each, counted) {
    BOOST_TEST(calls("insert into public.organizations (organization_id)"
                     " select 'o' || n from generate_series(1, 20000) n") < 30u);
    BOOST_TEST(calls("update public.organizations set name = 'n'") < 30u);
    BOOST_TEST(calls("update public.organizations set status = 'off'") < 30u);
    BOOST_TEST(calls("delete from public.organizations") < 30u);
}

// Every combination is read both ways.
BOOST_AUTO_TEST_CASE(plain_elements_are_read_as_all_others_are) {
    migrated_database database;
    database.exec("set timezone = 'Asia/Tokyo'; set datestyle = 'German, DMY'");
    database.exec(
        "create table fields as select * from (values"
        " ('key_id', '[null, \"k\", \"a b\", \"\", \"d\\u00fc\", \"a\\nb\", 7]'::jsonb),"
        " ('name', '[null, \"n\", 7, {\"a\": 1}]'),"
        " ('scopes', '[null, [], [\"b\", \"a\", \"b\"], [\"a\", 2], [null], [[\"a\"]], \"a,b\", "
        "{}]'),"
        " ('permissions', '[null, [\"c\", \"a\"], 7]'),"
        " ('is_active', '[null, true, false, 1, \"false\", \"perhaps\"]'),"
        " ('status', '[null, \"active\", \"ACTIVE\", \"off\", 7]'),"
        " ('expires_at', '[null, \"\", \"2030-01-02T03:04:05Z\", \"2030-01-02 03:04:05.25+02:00\","
        " \"2030-02-29T00:00:00Z\", \"2032-02-29T00:00:00Z\", \"2030-04-31T00:00:00Z\","
        " \"2030-01-31T23:59:60Z\", \"2030-01-02\", \"2030-01-02T03:04:05\", 7, \"never\"]'),"
        " ('created_at', '[null, \"2020-01-02T03:04:05Z\", \"x\"]'),"
        " ('metadata', '[null, {\"a\": 1, \"last_used\": 2}, [1]]')) as f (name, variants)");
    // Each variant of a field with each variant of another: plain, absent or odd.
    database.exec(
        "create table elements as select row_number() over () as n, jsonb_build_object('key_hash',"
        " encode(sha256((row_number() over ())::text::bytea), 'hex'), 'team', 1, 'last_used_at', 2)"
        " || jsonb_build_object(a.name, v) || jsonb_build_object(b.name, w) as e"
        " from fields a cross join lateral jsonb_array_elements(a.variants) v"
        " join fields b on b.name > a.name cross join lateral jsonb_array_elements(b.variants) w;"
        "insert into elements select n + 100000, jsonb_set(e, '{key_hash}', to_jsonb(encode("
        "sha256((n + 100000)::text::bytea), 'hex'))) - 'name' - 'key_id' from elements");
    const std::string touches = "array(select name from latchkey.mirror_touches)";
    database.exec("create table both_ways as select e.n, e.e, latchkey.is_plain_element(e.e) as"
                  " plain, latchkey.read_element(e.e, 0, " +
                  touches +
                  ") as slow, (latchkey.elements_of(row(array['o'])::latchkey.organization_list,"
                  " array[jsonb_build_array(e.e)], array[1], array[latchkey.read_key_hash(e.e)], " +
                  touches + ")).elements[1] as fast from elements e");
    BOOST_TEST(database.value("select count(*) > 500 from both_ways where plain") == "t");
    BOOST_TEST(database.value("select count(*) > 500 from both_ways where not plain") == "t");
    BOOST_TEST(database.value(
                   "select coalesce(string_agg(e::text, E'\\n'), '') from both_ways where"
                   " to_jsonb(slow) - 'organization_id' is distinct from"
                   " to_jsonb(fast) - 'organization_id' or (fast).organization_id <> 'o'") == "");
}

// A session that first wrote little, then much: no statement may compare each row with each id.
BOOST_AUTO_TEST_CASE(no_plan_for_few_serves_for_many) {
    migrated_database database;
    auto& s = database.owner();
    const std::string stories[] = {
        "insert into public.organizations (organization_id) select @ || n from @rows n",
        "insert into latchkey.api_keys (key_hash, key_id, organization_id)"
        " select sha256((@ || n)::bytea), @ || n, @ || n from @rows n",
        "insert into public.device_credentials (device_id, device_secret, organization_id)"
        " select @ || n, 's', @ || n from @rows n",
        "update latchkey.api_keys set revoked_at = now() where key_id like @ || '%'",
        "update public.device_credentials set status = 'off' where device_id like @ || '%'",
        "update public.organizations set status = 'off' where organization_id like @ || '%'",
        "update public.organizations set status = 'active' where organization_id like @ || '%'",
        "update public.device_credentials set status = 'active' where device_id like @ || '%'",
        "update latchkey.api_keys set revoked_at = null where key_id like @ || '%'",
        "delete from latchkey.api_keys where key_id like @ || '%'",
        "delete from public.device_credentials where device_id like @ || '%'",
        "delete from public.organizations where organization_id like @ || '%'",
    };
    const auto tell = [&](const std::string& prefix, int rows) {
        for (std::string story : stories) {
            for (std::size_t at; (at = story.find("@rows")) != std::string::npos;)
                story.replace(at, 5, "generate_series(1, " + std::to_string(rows) + ")");
            for (std::size_t at; (at = story.find('@')) != std::string::npos;)
                story.replace(at, 1, "'" + prefix + "'");
            s.exec(story);
        }
    };
    for (int n = 0; n < 7; ++n)
        tell("w" + std::to_string(n), 1);
    s.exec("load 'auto_explain'; set auto_explain.log_nested_statements = on;"
           "set auto_explain.log_min_duration = 0; set client_min_messages = log");
    s.take_warnings();
    for (int again = 0; again < 2; ++again) {
        tell("m", 1000);
        const auto slow = slow_filters(s);
        BOOST_TEST(slow.empty(), (slow.empty() ? "" : slow[0]));
    }
}

// Elements that a large array loses are looked up one by one.
BOOST_FIXTURE_TEST_CASE(removed_elements_are_looked_up_by_their_hashes, counted) {
    exec("insert into public.organizations (organization_id, api_keys) values ('o', '[]')");
    for (int n = 0; n < 7; ++n)
        exec("update public.organizations set api_keys = jsonb_build_array(jsonb_build_object("
             "'key_hash', encode(sha256('" +
             std::to_string(n) + "'), 'hex')))");
    exec("update public.organizations set api_keys = " + ten_thousand);
    const std::string fetched =
        "select coalesce(sum(idx_tup_fetch + seq_tup_read), 0) from pg_stat_xact_user_tables"
        " where relid = 'latchkey.api_keys'::regclass";
    exec("begin");
    const auto before = std::stol(value(fetched));
    exec("update public.organizations set api_keys = '[]'");
    const auto read = std::stol(value(fetched)) - before;
    exec("commit");
    BOOST_TEST(value("select count(*) from latchkey.api_keys where revoked_at is null") == "0");
    BOOST_TEST(read < 100000);
}

// However many keys there are beside it, and though the mirror's trigger plans without nested
// loops.
BOOST_FIXTURE_TEST_CASE(one_element_that_goes_reads_few_keys, counted) {
    exec("insert into public.organizations (organization_id, api_keys) values ('large', " +
         ten_thousand +
         "), ('o', jsonb_build_array(jsonb_build_object('key_hash',"
         " encode(sha256('a'), 'hex')), jsonb_build_object('key_hash',"
         " encode(sha256('b'), 'hex'))))");
    exec("analyze latchkey.api_keys");
    const std::string fetched =
        "select coalesce(sum(idx_tup_fetch + seq_tup_read), 0) from pg_stat_xact_user_tables"
        " where relid = 'latchkey.api_keys'::regclass";
    exec("begin");
    const auto before = std::stol(value(fetched));
    exec("update public.organizations set api_keys = api_keys - 0 where organization_id = 'o'");
    const auto read = std::stol(value(fetched)) - before;
    exec("commit");
    BOOST_TEST(value("select count(*) from latchkey.api_keys where revoked_at is not null") == "1");
    BOOST_TEST(read < 100);
}

BOOST_AUTO_TEST_SUITE_END()

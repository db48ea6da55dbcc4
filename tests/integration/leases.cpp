// What latchkey.lease gives, and to whom (schema/0026).
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey::test;

namespace {

const std::string this_life = "latchkey.this_life() || ' ' || extract(epoch from"
                              " (select began_at from latchkey.lease_life))::text";

struct leasing : test_database {
    leasing() { migrate(); }
    // The windows of an answer: number, granted, rest and state of one name. `number`: null for the
    // present window.
    std::string lease(const std::string& instance, int seq, int asked, int returned = 0,
                      int taken = 0, const std::string& number = "null",
                      const std::string& name = "a", const std::string& life = this_life,
                      int needed = 0, const std::string& window = "86400") {
        return value("select concat_ws(' ', w ->> 1, w ->> 2, w ->> 3) from jsonb_array_elements("
                     "latchkey.lease('" +
                     instance + "', " + std::to_string(seq) + ", " + life + ", array['" + name +
                     "'::bytea], array[" + window + "], array[" + number +
                     "::bigint], array[100::bigint], array[" + std::to_string(asked) +
                     "::bigint], array[" + std::to_string(needed) + "::bigint], array[" +
                     std::to_string(returned) + "::bigint], array[" + std::to_string(taken) +
                     "::bigint]) -> 'windows') as w");
    }
    std::string given() { return value("select sum(given) from latchkey.lease_windows"); }
};

const std::string present = "floor(extract(epoch from clock_timestamp()) / 86400)::bigint";

} // namespace

BOOST_FIXTURE_TEST_SUITE(leases, leasing)

// What was given by another life of the database is not known here.
BOOST_AUTO_TEST_CASE(what_another_life_gave_is_not_given_back) {
    BOOST_TEST(lease("one", 1, 30) == "30 70 0");
    BOOST_TEST(lease("two", 1, 0, 10, 0, "null", "a", "'another'") == "0 70 0");
    BOOST_TEST(lease("two", 2, 0, 10, 0, "null", "a", "null") == "0 70 0");
    BOOST_TEST(given() == "30");
}

BOOST_AUTO_TEST_CASE(a_repeated_answer_tells_the_present_time) {
    const auto now_of = [&] {
        return std::stoll(
            value("select latchkey.lease('one', 1, null, array['a'::bytea], array[60], "
                  "array[null::bigint],"
                  " array[5::bigint], array[1::bigint], array[0::bigint], array[0::bigint], "
                  "array[0::bigint]) ->> 'now'"));
    };
    const auto first = now_of();
    BOOST_TEST(now_of() > first);
    BOOST_TEST(given() == "1");
}

BOOST_AUTO_TEST_CASE(a_window_gives_no_more_than_the_limit) {
    BOOST_TEST(lease("one", 1, 30) == "30 70 0");
    BOOST_TEST(lease("one", 2, 90) == "70 0 0");
    BOOST_TEST(lease("one", 3, 1) == "0 0 0");
    BOOST_TEST(lease("one", 4, 0, 20) == "0 20 0");
    BOOST_TEST(given() == "80");
    BOOST_TEST(lease("one", 5, 5, 0, 10) == "5 5 0");
    BOOST_TEST(given() == "95");
}

BOOST_AUTO_TEST_CASE(a_repeated_request_counts_once) {
    BOOST_TEST(lease("one", 1, 30) == "30 70 0");
    BOOST_TEST(lease("one", 1, 30) == "30 70 0");
    BOOST_TEST(given() == "30");
    BOOST_TEST(lease("one", 2, 0, 10) == "0 80 0");
    BOOST_TEST(lease("one", 2, 0, 10) == "0 80 0");
    BOOST_TEST(given() == "20");
    BOOST_CHECK_THROW(lease("one", 1, 5), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(several_nodes_get_parts_and_hear_of_each_other) {
    lease("two", 1, 0);
    BOOST_TEST(lease("one", 1, 100) == "25 75 0"); // a quarter, so that the other gets some
    BOOST_TEST(lease("two", 2, 100) == "18 57 0");
    int seq = 3;
    while (lease("one", seq++, 100).substr(0, 2) != "0 ") {
    }
    BOOST_TEST(given() == "100");
    BOOST_TEST(lease("two", 3, 0).ends_with(" 1")); // what it holds is wanted
    BOOST_TEST(lease("two", 4, 0, 18).starts_with("0 18"));
    BOOST_TEST(lease("one", seq++, 100).starts_with("4 "));
}

BOOST_AUTO_TEST_CASE(the_next_window_may_be_leased_soon_before_it_begins) {
    const auto at = [&](int seq, const std::string& number, const std::string& length) {
        return lease("one", seq, 10, 0, 0, number, "a", this_life, 0, length);
    };
    const auto short_one = "floor(extract(epoch from clock_timestamp()) / 2)::bigint";
    BOOST_TEST(at(1, short_one + std::string(" + 1"), "2") == "10 90 0");
    BOOST_TEST(at(2, short_one + std::string(" + 2"), "2") == "0 0 3");
    BOOST_TEST(at(3, short_one + std::string(" - 1"), "2") == "0 0 3");
    BOOST_TEST(at(4, present + " + 1", "86400") == "0 0 3");
    BOOST_TEST(at(5, "null", "86400") == "10 90 0");
}

// As after a crash, which empties the tables, a restart, or in a copy. Of windows that begin within
// two seconds, another life may have given something.
BOOST_AUTO_TEST_CASE(in_another_life_leases_begin_with_the_next_window) {
    BOOST_TEST(lease("one", 1, 30) == "30 70 0");
    exec("update latchkey.lease_life set life = 'another'");
    BOOST_TEST(lease("one", 2, 10) == "0 0 2");
    const auto next = "floor(extract(epoch from clock_timestamp()) / 2)::bigint + 1";
    BOOST_TEST(lease("one", 3, 10, 0, 0, next, "b", this_life, 0, "2") == "0 0 2");
    exec("update latchkey.lease_life set began_at = began_at - interval '10 s'");
    BOOST_TEST(lease("one", 4, 10, 0, 0, next, "b", this_life, 0, "2") == "10 90 0");
    BOOST_TEST(lease("one", 5, 10) == "0 0 2");
    exec("truncate latchkey.lease_windows, latchkey.lease_answers, latchkey.lease_life");
    BOOST_TEST(lease("two", 1, 10) == "0 0 2");
}

BOOST_AUTO_TEST_CASE(what_questions_wait_for_is_given_at_once) {
    for (int i = 0; i < 9; ++i)
        lease("other" + std::to_string(i), 1, 0);
    BOOST_TEST(lease("one", 1, 60) == "5 95 0");
    BOOST_TEST(lease("one", 2, 60, 0, 0, "null", "a", this_life, 50) == "50 45 0");
    BOOST_TEST(lease("one", 3, 60, 0, 0, "null", "a", this_life, 60) == "45 0 0");
}

BOOST_AUTO_TEST_CASE(many_names_go_in_one_request) {
    BOOST_TEST(value("select jsonb_array_length(latchkey.lease('n', 1, null, array(select"
                     " sha256(i::text::bytea) from generate_series(1, 1000) i), array_fill(60,"
                     " array[1000]), array_fill(null::bigint, array[1000]), array_fill(5::bigint,"
                     " array[1000]), array_fill(3::bigint, array[1000]), array_fill(0::bigint,"
                     " array[1000]), array_fill(0::bigint, array[1000]), array_fill(0::bigint,"
                     " array[1000])) -> 'windows')") == "1000");
    BOOST_TEST(given() == "3000");
}

BOOST_AUTO_TEST_CASE(old_windows_are_pruned) {
    lease("one", 1, 30);
    exec("update latchkey.lease_windows set ends_at = now() - interval '1 hour'");
    lease("one", 2, 1, 0, 0, "null", "b");
    BOOST_TEST(
        value("select string_agg(encode(name, 'escape'), ',') from latchkey.lease_windows") == "b");
}

BOOST_AUTO_TEST_SUITE_END()

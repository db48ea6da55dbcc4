// The pool's bounds. Another session locks a table, so that queries stand still.
#include "running_store.hpp"
#include "support.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <deque>

using namespace latchkey;
using namespace latchkey::test;

namespace {

class held_table {
  public:
    explicit held_table(const test_database& database) : session_(database.uri()) {
        session_.exec("begin; lock table latchkey.api_keys in access exclusive mode");
    }
    void let_go() { session_.exec("rollback"); }

  private:
    session session_;
};

struct filled_database : migrated_database {
    filled_database() { exec(fill_with_keys(100)); }

    int connections() {
        return std::stoi(value("select count(*) from pg_stat_activity where datname ="
                               " current_database() and application_name = 'latchkey'"));
    }
};

std::ptrdiff_t count_of(const std::deque<question>& all, std::string_view outcome) {
    return std::ranges::count(all, outcome, &question::outcome);
}

void ask_many(running_store& running, std::deque<question>& all, std::size_t count) {
    for (std::size_t n = 1; n <= count; ++n)
        running.store.find_api_key(all.emplace_back(key_number(n)));
}

bool all_told(const std::deque<question>& all) {
    return std::ranges::all_of(all, &question::complete_called);
}

} // namespace

BOOST_AUTO_TEST_SUITE(pool_bounds)

BOOST_AUTO_TEST_CASE(a_full_queue_refuses_the_rest) {
    filled_database database;
    auto settings = database.configuration();
    settings.waiting_max = 10;
    running_store running(settings);
    std::deque<question> all;
    ask_many(running, all, 15);
    running.run_until([&] { return all_told(all); });

    BOOST_TEST(count_of(all, "found") == 10);
    BOOST_TEST(count_of(all, "too many look-ups wait for the database") == 5);
}

BOOST_AUTO_TEST_CASE(who_gets_no_connection_in_time_is_told) {
    filled_database database;
    auto settings = database.configuration();
    settings.in_flight = 1;
    settings.batch_max = 1;
    settings.acquire_timeout = core::milliseconds(50);
    settings.query_timeout = core::milliseconds(5000);
    running_store running(settings, {1, 0});
    running.wait_until_reachable();
    held_table held(database);
    std::deque<question> all;
    ask_many(running, all, 5);
    running.run_until(
        [&] { return count_of(all, "no database connection became free in time") == 4; });
    held.let_go();
    running.run_until([&] { return all_told(all); });
    BOOST_TEST(count_of(all, "found") == 1);
}

BOOST_AUTO_TEST_CASE(connections_grow_under_load_up_to_the_bound) {
    filled_database database;
    auto settings = database.configuration();
    settings.in_flight = 1;
    settings.batch_max = 1;
    settings.batch_spread = 1;
    settings.acquire_timeout = core::milliseconds(5000);
    settings.query_timeout = core::milliseconds(5000);
    running_store running(settings, {2, 1});
    running.wait_until_reachable();
    BOOST_TEST(database.connections() == 1);
    std::deque<question> all;
    const auto busy = [&] {
        if (count_of(all, "not told") == 0) ask_many(running, all, 100);
        return database.connections() == 3;
    };
    running.run_until(busy);
    running.run_until([&] { return all_told(all); });
    BOOST_TEST(count_of(all, "found") == static_cast<std::ptrdiff_t>(all.size()));
    ask_many(running, all, 100);
    running.run_until([&] { return all_told(all); });
    BOOST_TEST(database.connections() == 3);
}

BOOST_AUTO_TEST_CASE(an_old_connection_is_replaced_and_nobody_notices) {
    filled_database database;
    auto settings = database.configuration();
    settings.recycle = core::seconds(0);
    running_store running(settings, {1, 0});
    running.wait_until_reachable();
    const std::string backend = "select string_agg(pid::text, ',') from pg_stat_activity where"
                                " datname = current_database() and application_name = 'latchkey'";
    const auto first = database.value(backend);
    running.run_until([&] {
        BOOST_REQUIRE(running.ask(key_number(1)) == "found");
        const auto now = database.value(backend);
        return now != first && now != "NULL";
    });
}

BOOST_AUTO_TEST_CASE(the_end_tells_everyone) {
    filled_database database;
    running_store running(database.configuration(), {1, 0});
    running.wait_until_reachable();
    std::deque<question> all;
    {
        held_table held(database);
        ask_many(running, all, 50);
        running.loop.poll();
        ask_many(running, all, 50);
        running.store.stop();
        BOOST_TEST(all_told(all));
    }
    BOOST_TEST(count_of(all, "found") == 0);
    BOOST_TEST(running.ask(key_number(1)) == "the server is shutting down");
}

BOOST_AUTO_TEST_SUITE_END()

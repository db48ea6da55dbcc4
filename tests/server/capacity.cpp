// How many cores, how much memory and how many connections a load needs.
#include "server/cli/capacity_costs.hpp"
#include "server/cli/capacity_plan.hpp"
#include "server/cli/commands.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

using namespace latchkey;
using server::capacity_question;
using server::plan_capacity;

namespace {

struct ended {
    int exit_code;
    std::string out, err;
};

ended run_capacity(const std::vector<std::string_view>& options) {
    std::vector<std::string_view> words = {"capacity"};
    words.insert(words.end(), options.begin(), options.end());
    std::ostringstream out, err;
    server::command_context context{out, err, {}};
    const int code = server::run_latchkey(words, context);
    return {code, out.str(), err.str()};
}

capacity_question question(double requests, double hit_rate, double keys) {
    capacity_question q;
    q.requests = requests;
    q.hit_rate = hit_rate;
    q.keys = keys;
    return q;
}

} // namespace

BOOST_AUTO_TEST_SUITE(capacity)

BOOST_AUTO_TEST_CASE(hits_cost_workers_and_misses_cost_the_database) {
    namespace cost = server::capacity_costs;
    const auto hits = plan_capacity(question(1e6, 1, 1000));
    BOOST_TEST(hits.worker_cores == cost::hit_us, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(hits.lookups == 0);
    BOOST_TEST(hits.database_cores == 0);
    const auto misses = plan_capacity(question(1e6, 0, 1000));
    BOOST_TEST(misses.worker_cores == cost::lookup_us, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(misses.lookups == 1e6);
    BOOST_TEST(misses.database_cores == cost::database_lookup_us / server::busy_part,
               boost::test_tools::tolerance(1e-9));
}

BOOST_AUTO_TEST_CASE(one_node_may_be_away) {
    auto q = question(1000, 0.9, 1000);
    BOOST_TEST(plan_capacity(q).nodes == 2);
    q.requests = 5e6;
    const auto many = plan_capacity(q);
    BOOST_TEST(static_cast<double>(many.nodes - 1) * q.cores_of_node * server::busy_part >=
               many.worker_cores);
    BOOST_TEST(static_cast<double>(many.nodes - 2) * q.cores_of_node * server::busy_part <
               many.worker_cores);
    BOOST_TEST(many.cores_of_each <= q.cores_of_node);
}

BOOST_AUTO_TEST_CASE(each_node_holds_all_keys) {
    const auto few = plan_capacity(question(1000, 0.9, 1e6));
    const auto many = plan_capacity(question(1000, 0.9, 2e6));
    BOOST_TEST(many.cache_bytes == 2 * few.cache_bytes, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(many.memory_of_each > many.cache_bytes);
    auto q = question(1e6, 0.9, 1e6);
    BOOST_TEST(plan_capacity(q).cache_bytes == few.cache_bytes);
}

BOOST_AUTO_TEST_CASE(more_look_ups_need_more_connections_and_too_many_are_named) {
    const auto small = plan_capacity(question(1000, 0.9, 1e6));
    BOOST_TEST(small.database_connections_of_each == 20);
    BOOST_TEST(small.database_connections == small.nodes * 33);
    BOOST_TEST(small.one_database_is_enough);
    const auto large = plan_capacity(question(5e7, 0.5, 1e6));
    BOOST_TEST(large.database_connections > small.database_connections);
    BOOST_TEST(!large.one_database_is_enough);
}

BOOST_AUTO_TEST_CASE(the_command_tells_people_and_programs_the_same) {
    const auto json = run_capacity({"--rps", "50000", "--keys", "2000000", "--json"});
    BOOST_TEST(json.exit_code == 0);
    const auto told = boost::json::parse(json.out).as_object();
    const auto plan = plan_capacity(question(50000, 0.9, 2e6));
    BOOST_TEST(told.at("nodes").to_number<std::uint64_t>() == plan.nodes);
    BOOST_TEST(told.at("hit_rate").to_number<double>() == 0.9);
    BOOST_TEST(told.at("database_connections").to_number<std::uint64_t>() ==
               plan.database_connections);
    BOOST_TEST(told.at("one_database_is_enough").as_bool());
    const auto text = run_capacity({"--rps", "50000", "--keys", "2000000"});
    BOOST_TEST(text.exit_code == 0);
    BOOST_TEST(text.out.find("\nmax_connections       " +
                             std::to_string(plan.database_connections)) != text.out.npos);
    BOOST_TEST(text.out.find("too much") == text.out.npos);
    BOOST_TEST(
        run_capacity({"--rps", "50000000", "--hit-rate", "0.5"}).out.find("too much for one") !=
        text.out.npos);
}

BOOST_AUTO_TEST_CASE(the_manual_has_the_examples_as_they_come_out) {
    std::ifstream file(LATCHKEY_SOURCE_DIR "/etc/capacity/README.md");
    const std::string manual(std::istreambuf_iterator<char>(file), {});
    constexpr std::array<const char*, 4> rows[] = {{"1000", "0.9", "100000", "8"},
                                                   {"50000", "0.9", "2000000", "8"},
                                                   {"350000", "0.95", "10000000", "16"},
                                                   {"5000000", "0.99", "50000000", "32"}};
    for (const auto& [rps, hit_rate, keys, cores] : rows) {
        const auto done = run_capacity({"--rps", rps, "--hit-rate", hit_rate, "--keys", keys,
                                        "--node-cores", cores, "--json"});
        BOOST_REQUIRE(done.exit_code == 0);
        const auto told = boost::json::parse(done.out).as_object();
        const auto whole = [&](const char* name) {
            return std::to_string(told.at(name).to_number<std::uint64_t>());
        };
        std::array<char, 64> decimals{};
        std::snprintf(decimals.data(), decimals.size(), "%.1f GiB | %.0f | %.1f",
                      told.at("memory_bytes_per_node").to_number<double>() / 1024 / 1024 / 1024,
                      told.at("lookups_per_second").to_number<double>(),
                      told.at("database_cores").to_number<double>());
        const auto row = std::string("| ") + rps + " | " + hit_rate + " | " + keys + " | " + cores +
                         " | " + whole("nodes") + " | " + whole("cores_per_node") + " | " +
                         decimals.data() + " | " + whole("database_connections") + " |";
        BOOST_TEST_CONTEXT("etc/capacity/README.md must have: " << row) {
            BOOST_TEST(manual.find(row) != manual.npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_number_is_a_usage_error) {
    for (const auto* wrong : {"many", "-1", "0", "1e", "nan", "inf", "5k", "", "1e9"})
        BOOST_TEST_CONTEXT(wrong) {
            const auto done = run_capacity({"--rps", wrong});
            BOOST_TEST(done.exit_code == 64);
            BOOST_TEST(done.out.empty());
            BOOST_TEST(done.err == "latchkey: --rps must be a number from 1 to 100000000\n");
        }
    BOOST_TEST(run_capacity({"--rps", "1000", "--hit-rate", "90"}).exit_code == 64);
    BOOST_TEST(run_capacity({}).exit_code == 64);
    const auto half = run_capacity({"--rps", "1000", "--node-cores", "1.5"});
    BOOST_TEST(half.exit_code == 64);
    BOOST_TEST(half.err == "latchkey: --node-cores must be a whole number from 1 to 1024\n");
}

BOOST_AUTO_TEST_CASE(what_no_setting_can_be_is_refused) {
    const auto refused = [](const std::vector<std::string_view>& options, const char* part) {
        const auto done = run_capacity(options);
        BOOST_TEST(done.exit_code == 64);
        BOOST_TEST(done.out.empty());
        BOOST_TEST_CONTEXT(done.err) {
            BOOST_TEST(done.err.find(part) != done.err.npos);
        }
    };
    refused({"--rps", "1000", "--keys", "1e10"}, "cache.max_bytes");
    refused({"--rps", "1000", "--keys", "1e10", "--json"}, "1024.0 GiB at most");
    refused({"--rps", "1000", "--connections", "1e8"}, "server.connections_max");
}

BOOST_AUTO_TEST_CASE(programs_are_told_apart_that_one_database_is_too_small) {
    const auto done = run_capacity({"--rps", "50000000", "--hit-rate", "0.5", "--json"});
    BOOST_TEST(done.exit_code == 0);
    BOOST_TEST(!boost::json::parse(done.out).as_object().at("one_database_is_enough").as_bool());
    BOOST_TEST(done.err.find("too much for one") != done.err.npos);
}

BOOST_AUTO_TEST_CASE(each_worker_has_a_connection_to_the_database) {
    auto q = question(1000, 0.9, 1e6);
    q.cores_of_node = 32;
    BOOST_TEST(plan_capacity(q).database_connections_of_each == 32);
}

BOOST_AUTO_TEST_SUITE_END()

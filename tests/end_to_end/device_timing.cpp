// What time tells of a device.
#include "cpu_timing.hpp"
#include "device_server.hpp"

#include <cmath>

using namespace latchkey::test;

BOOST_AUTO_TEST_SUITE(device_timing)

// Both are in the cache: one as a record with another secret, one as a negative entry. Other
// programs on the machine may disturb a run, so three are tried; a difference in the code shows in
// each.
BOOST_AUTO_TEST_CASE(time_does_not_tell_the_unknown_from_the_wrong) {
    migrated_database database;
    server_process server(database.uri(), "workers = 1\n", "[cache]\nnegative_ttl = \"10m\"\n");
    BOOST_REQUIRE(server.wait_for("/readyz", 200));
    server.create_organization("org");
    const auto done = server.command(
        {"device", "register", "--organization", "org", "--name", "D", "--id", "device-known"});
    BOOST_REQUIRE_MESSAGE(done.exit_code == 0, done.err);
    BOOST_REQUIRE(has_heard_all(server, database));
    const auto wrong = authenticate("device-known", "lkd_0000000000000000000000000000000000000");
    const auto unknown = authenticate("device-other", "lkd_0000000000000000000000000000000000000");
    const auto first = server.ask(wrong);
    const auto second = server.ask(unknown);
    BOOST_TEST(first.body == second.body);
    BOOST_TEST(first.field("X-Auth-Cache") == second.field("X-Auth-Cache"));
    server.ask(wrong);
    server.ask(unknown);
    const auto missed = metric(server, R"(auth_cache_misses_total{cache="device"})");
    bool even = false;
    for (int i = 0; i < 3 && !even; ++i)
        even = std::abs(welch_t(server, wrong, unknown)) < 4.5;
    BOOST_TEST(even);
    // A difference would be seen: an empty secret is neither hashed nor looked up.
    BOOST_TEST(
        is_told_apart([&] { return welch_t(server, wrong, authenticate("device-known", "")); }));
    BOOST_TEST(metric(server, R"(auth_cache_misses_total{cache="device"})") == missed);
}

BOOST_AUTO_TEST_SUITE_END()

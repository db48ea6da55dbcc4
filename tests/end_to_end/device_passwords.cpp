// Devices with secrets chosen by people. The threads that check them give way to all others.
#include "device_server.hpp"

#include <chrono>

using namespace latchkey::test;

BOOST_AUTO_TEST_SUITE(device_passwords)

BOOST_AUTO_TEST_CASE(a_chosen_secret_costs_one_scrypt) {
    device_server r;
    r.add_password_device();
    BOOST_TEST(r.code("d", "guess") == "INVALID_CREDENTIALS");
    BOOST_TEST(r.code("d", "guess") == "INVALID_CREDENTIALS");
    BOOST_TEST(metric(r.server, "auth_scrypt_duration_seconds_count") == 1);
}

// Guesses at one device are refused. Requests that need no scrypt are answered meanwhile.
BOOST_AUTO_TEST_CASE(a_crowd_at_one_device_gets_503_and_keeps_nobody_waiting) {
    device_server r(
        "[auth]\nscrypt_threads = 1\nscrypt_device_max = 2\nscrypt_wait_max = \"10s\"\n");
    const auto other = r.make();
    BOOST_REQUIRE(r.gets_cached(other));
    r.add_password_device();
    const auto clock = [] { return std::chrono::steady_clock::now(); };
    const auto asked = clock();
    BOOST_TEST(r.code("d", "guess") == "INVALID_CREDENTIALS");
    const auto one_scrypt = clock() - asked;
    std::vector<client> crowd;
    for (int i = 0; i < 40; ++i) {
        crowd.push_back(r.server.connect());
        crowd.back().send(authenticate("d", "guess" + std::to_string(i)));
    }
    const auto begin = clock();
    for (int i = 0; i < 20; ++i)
        BOOST_TEST(r.code(other.id, other.secret) == "VALID");
    const auto took = clock() - begin;
    int refused = 0;
    int decided = 0;
    for (auto& one : crowd) {
        const auto a = one.receive();
        refused += a.status == 503;
        decided += a.status == 200;
        if (a.status == 503) BOOST_TEST(a.field("Retry-After") == "1");
    }
    BOOST_TEST(refused + decided == 40);
    BOOST_TEST(decided >= 2);
    BOOST_TEST(refused >= 20);
    // The requests have not waited one after the other.
    BOOST_TEST((took < 20 * one_scrypt));
}

BOOST_AUTO_TEST_SUITE_END()

#include "server/process/descriptors.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;

BOOST_AUTO_TEST_SUITE(descriptors)

BOOST_AUTO_TEST_CASE(the_server_keeps_what_it_needs) {
    server::configuration settings;
    settings.database.connections = 20;
    settings.database.overflow = 10;
    const auto kept = server::descriptors_kept(settings, 2);
    BOOST_TEST(kept >= 64u + 30u);
    settings.issuers.resize(3);
    BOOST_TEST(server::descriptors_kept(settings, 2) > kept);
    BOOST_TEST(server::descriptors_kept(settings, 8) > server::descriptors_kept(settings, 2));
}

BOOST_AUTO_TEST_CASE(clients_get_the_rest) {
    BOOST_TEST(server::connections_within(1'000'000, 100, 65536) == 65536u);
    BOOST_TEST(server::connections_within(1024, 100, 65536) == 924u);
    BOOST_TEST(server::connections_within(1024, 100, 500) == 500u);
    // The limit is too low for both: each gets half.
    BOOST_TEST(server::connections_within(150, 100, 65536) == 75u);
    BOOST_TEST(server::connections_within(1, 100, 65536) == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

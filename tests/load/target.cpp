#include "target.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(target)

BOOST_AUTO_TEST_CASE(a_place_is_tcp_or_a_unix_socket) {
    const auto tcp = load::find_target("127.0.0.1:8080");
    BOOST_TEST(tcp.is_tcp);
    BOOST_TEST(tcp.name == "127.0.0.1");
    BOOST_TEST(tcp.host == "127.0.0.1:8080");
    BOOST_TEST(load::find_target("[::1]:80").name == "::1");
    const auto local = load::find_target("unix:/run/a.sock");
    BOOST_TEST(!local.is_tcp);
    BOOST_TEST(local.host == "localhost");
}

BOOST_AUTO_TEST_SUITE_END()

#include "net/https/public_address.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;

BOOST_AUTO_TEST_SUITE(public_address)

BOOST_AUTO_TEST_CASE(only_what_may_be_on_the_internet_is_public) {
    struct {
        const char* address;
        bool is_public;
    } const cases[] = {
        {"1.1.1.1", true},
        {"9.255.255.255", true},
        {"11.0.0.0", true},
        {"100.63.255.255", true},
        {"100.128.0.0", true},
        {"172.15.255.255", true},
        {"172.32.0.0", true},
        {"223.255.255.255", true},
        {"2606:4700:4700::1111", true},
        {"64:ff9b::1.1.1.1", true},
        {"::ffff:1.1.1.1", true},
        {"0.0.0.0", false},
        {"10.0.0.0", false},
        {"10.255.255.255", false},
        {"100.64.0.0", false},
        {"100.127.255.255", false},
        {"127.0.0.1", false},
        {"127.255.255.255", false},
        {"169.254.169.254", false},
        {"172.16.0.0", false},
        {"172.31.255.255", false},
        {"192.168.0.1", false},
        {"198.18.0.1", false},
        {"224.0.0.1", false},
        {"240.0.0.1", false},
        {"255.255.255.255", false},
        {"::", false},
        {"::1", false},
        {"::7f00:1", false},
        {"::ffff:127.0.0.1", false},
        {"::ffff:10.0.0.1", false},
        {"::ffff:169.254.169.254", false},
        {"64:ff9b::10.0.0.1", false},
        {"64:ff9b::127.0.0.1", false},
        {"64:ff9b:1::1", false},
        {"2001::1", false},
        {"2002:7f00:1::", false},
        {"fc00::1", false},
        {"fd12:3456::1", false},
        {"fe80::1", false},
        {"febf::1", false},
        {"ff02::1", false},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.address)
    BOOST_TEST(net::is_public(core::parse_address(c.address).value()) == c.is_public);
}

BOOST_AUTO_TEST_SUITE_END()

#include <latchkey/core/ip_network.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey::core;

BOOST_AUTO_TEST_SUITE(ip_network)

BOOST_AUTO_TEST_CASE(addresses_are_read_strictly) {
    for (const char* good : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "::1", "2001:db8::1",
                             "2001:DB8:0:0:8:800:200C:417A", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8"})
        BOOST_TEST(parse_address(good).has_value(), good);
    for (const char* bad : {"",
                            " ",
                            "1.2.3",
                            "1.2.3.4.5",
                            "1.2.3.256",
                            "01.2.3.4",
                            "1.2.3.4 ",
                            " 1.2.3.4",
                            "1.2.3.4:80",
                            "0x7f.0.0.1",
                            "127.1",
                            ":",
                            ":::",
                            "1::2::3",
                            "12345::",
                            "fe80::1%eth0",
                            "[::1]",
                            "::1/128",
                            "1:2:3:4:5:6:7",
                            "1:2:3:4:5:6:7:8:9",
                            "localhost",
                            "1.2.3.4/24",
                            "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"})
        BOOST_TEST(!parse_address(bad).has_value(), bad);
    BOOST_TEST(!parse_address(std::string_view("1.2.3.4\0", 8)).has_value());
    BOOST_TEST((parse_address("192.0.2.1") == parse_address("::ffff:192.0.2.1")));
}

BOOST_AUTO_TEST_CASE(networks_contain) {
    struct {
        const char* network;
        const char* address;
        bool inside;
    } const cases[] = {
        {"192.0.2.0/24", "192.0.2.0", true},
        {"192.0.2.0/24", "192.0.2.255", true},
        {"192.0.2.0/24", "192.0.3.0", false},
        {"192.0.2.77/24", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"192.0.2.1/32", "192.0.2.2", false},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "203.0.113.9", true},
        {"10.0.0.0/9", "10.127.0.1", true},
        {"10.0.0.0/9", "10.128.0.1", false},
        {"2001:db8::/32", "2001:db8:9::", true},
        {"2001:db8::/32", "2001:db9::", false},
        {"2001:db8::/33", "2001:db8:8000::", false},
        {"::1/128", "::1", true},
        {"192.0.2.0/24", "::ffff:192.0.2.9", true},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.network << " and " << c.address) {
            const auto n = parse_network(c.network);
            BOOST_REQUIRE(n.has_value());
            BOOST_TEST(n->contains(*parse_address(c.address)) == c.inside);
        }
    }
    for (const char* bad : {"", "/", "1.2.3.4/", "1.2.3.4/33", "::/129", "1.2.3.4/-1", "1.2.3.4/08",
                            "1.2.3.4/8/8", "1.2.3.4/ 8", "x/8"})
        BOOST_TEST(!parse_network(bad).has_value(), bad);
}

BOOST_AUTO_TEST_SUITE_END()

#include "server/settings/listen_places.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey::server;

BOOST_AUTO_TEST_SUITE(listen_places)

BOOST_AUTO_TEST_CASE(what_the_texts_say) {
    const auto places =
        parse_listen_places("127.0.0.1:8080,[::1]:0 , localhost:1,  unix:/run/latchkey/api.sock");
    BOOST_REQUIRE(places.has_value());
    BOOST_REQUIRE(places->size() == 4u);
    const auto& all = *places;
    BOOST_TEST(all[0].text == "127.0.0.1:8080");
    BOOST_TEST(all[0].host == "127.0.0.1");
    BOOST_TEST(all[0].port == "8080");
    BOOST_TEST(!all[0].is_ipv6);
    BOOST_TEST(all[1].host == "::1");
    BOOST_TEST(all[1].is_ipv6);
    BOOST_TEST(all[2].host == "localhost");
    BOOST_TEST(all[3].is_unix());
    BOOST_TEST(all[3].path == "/run/latchkey/api.sock");
    BOOST_TEST(all[3].text == "unix:/run/latchkey/api.sock");
}

BOOST_AUTO_TEST_CASE(what_is_malformed) {
    const std::string longest = "unix:/" + std::string(106, 'x');
    BOOST_TEST(parse_listen_places(longest).has_value());
    BOOST_TEST(parse_listen_places("127.0.0.1:0, 127.0.0.1:0").has_value());
    for (const auto& text : {std::string(),
                             std::string(" "),
                             std::string(","),
                             std::string("127.0.0.1:80,"),
                             std::string(",127.0.0.1:80"),
                             std::string("127.0.0.1"),
                             std::string("127.0.0.1:"),
                             std::string("127.0.0.1:65536"),
                             std::string("127.0.0.1:000080"),
                             std::string(":80"),
                             std::string("::1:80"),
                             std::string("[::1]"),
                             std::string("[]:80"),
                             std::string("[::1:80"),
                             std::string("a b:80"),
                             std::string("a/b:80"),
                             std::string("127.0.0.1:80 127.0.0.1:81"),
                             std::string("unix:"),
                             std::string("unix:/"),
                             std::string("unix:run/api.sock"),
                             std::string("unix:@name"),
                             longest + "x",
                             std::string("unix:/a\0b", 9),
                             std::string("127.0.0.1:80, 127.0.0.1:80"),
                             std::string("unix:/a,unix:/a")})
        BOOST_TEST(!parse_listen_places(text).has_value(), '"' << text << '"');
}

// A socket on all IPv6 addresses would take the port on the IPv4 addresses, too.
BOOST_AUTO_TEST_CASE(both_families_may_have_one_port) {
    const auto alone = [](const char* text) {
        const auto all = parse_listen_places(text).value();
        for (const auto& one : all)
            if (one.is_ipv6) return leaves_ipv4_alone(one, all);
        return false;
    };
    BOOST_TEST(alone("0.0.0.0:80, [::]:80"));
    BOOST_TEST(alone("[::]:80, 127.0.0.1:80"));
    BOOST_TEST(!alone("[::]:80"));
    BOOST_TEST(!alone("[::]:80, 0.0.0.0:81"));
    BOOST_TEST(!alone("[::]:80, unix:/80"));
    BOOST_TEST(!alone("[::]:0, 0.0.0.0:0"));
}

BOOST_AUTO_TEST_SUITE_END()

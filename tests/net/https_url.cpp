#include <latchkey/net/https/https_url.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;

BOOST_AUTO_TEST_SUITE(https_url)

BOOST_AUTO_TEST_CASE(parts_are_told_apart) {
    struct {
        const char* text;
        const char* host;
        int port;
        const char* target;
        const char* host_field;
        bool is_address;
    } const cases[] = {
        {"https://a.example", "a.example", 443, "/", "a.example", false},
        {"https://A.Example:443/x", "a.example", 443, "/x", "a.example", false},
        {"https://a.example:8443?q=1", "a.example", 8443, "/?q=1", "a.example:8443", false},
        {"https://a.example/x/%20y?a=b&c=/d?", "a.example", 443, "/x/%20y?a=b&c=/d?", "a.example",
         false},
        {"https://192.0.2.1/", "192.0.2.1", 443, "/", "192.0.2.1", true},
        {"https://[2001:DB8::1]:444/", "2001:DB8::1", 444, "/", "[2001:DB8::1]:444", true},
        {"https://2130706433/", "2130706433", 443, "/", "2130706433", false},
        // Names, and not an address with more behind it.
        {"https://192.0.2.1.example/", "192.0.2.1.example", 443, "/", "192.0.2.1.example", false},
        {"https://192.0.2.1x:444/", "192.0.2.1x", 444, "/", "192.0.2.1x:444", false},
        {"https://192.0.2.256/", "192.0.2.256", 443, "/", "192.0.2.256", false},
        {"https://[::ffff:192.0.2.1]/", "::ffff:192.0.2.1", 443, "/", "[::ffff:192.0.2.1]", true},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.text) {
            const auto url = net::https_url::parse(c.text);
            BOOST_REQUIRE_MESSAGE(url.has_value(), url.error().message);
            BOOST_TEST(url->host == c.host);
            BOOST_TEST(url->port == c.port);
            BOOST_TEST(url->target == c.target);
            BOOST_TEST(url->host_field() == c.host_field);
            BOOST_TEST(url->is_address == c.is_address);
        }
}

BOOST_AUTO_TEST_CASE(what_is_not_strictly_one_is_refused) {
    struct {
        std::string text;
        const char* says;
    } const cases[] = {
        {"", "does not begin with \"https://\""},
        {"http://a.example/", "does not begin with \"https://\""},
        {"HTTPS://a.example/", "does not begin with \"https://\""},
        {"https:///x", "has no host"},
        {"https://:443/x", "has no host"},
        {"https://user@a.example/", "has a user name"},
        {"https://user:password@a.example/", "has a user name"},
        {"https://@a.example/", "has a user name"},
        {"https://a.example/#x", "has a fragment"},
        {"https://a.example#x", "has a fragment"},
        {"https://a b/", "has a host that is neither a name nor an address"},
        {"https://a%41/", "has a host that is neither a name nor an address"},
        {"https://a\\b/", "has a host that is neither a name nor an address"},
        {"https://a!b/", "has a host that is neither a name nor an address"},
        {"https://" + std::string(254, 'a') + "/",
         "has a host that is neither a name nor an address"},
        {"https://a.example:/", "has a port that is no number from 1 to 65535"},
        {"https://a.example:0/", "has a port that is no number from 1 to 65535"},
        {"https://a.example:65536/", "has a port that is no number from 1 to 65535"},
        {"https://a.example:99999/", "has a port that is no number from 1 to 65535"},
        {"https://a.example:+1/", "has a port that is no number from 1 to 65535"},
        {"https://a.example:1:2/", "has a port that is no number from 1 to 65535"},
        {"https://[::1]x/", "has a port that is no number from 1 to 65535"},
        {"https://[::1/", "has brackets around what is no IPv6 address"},
        {"https://[v1.a]/", "has brackets around what is no IPv6 address"},
        {"https://[127.0.0.1]/", "has brackets around what is no IPv6 address"},
        {"https://[fe80::1%25eth0]/", "has brackets around what is no IPv6 address"},
        {"https://a.example/x y", "has a byte that must be escaped"},
        {"https://a.example/x\r\nHost: b", "has a byte that must be escaped"},
        {"https://a.example/x?[y]", "has a byte that must be escaped"},
        {"https://a.example/\xc3\xa9", "has a byte that must be escaped"},
        {"https://a.example/" + std::string(2048, 'x'), "is longer than 2048 bytes"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.text) {
            const auto url = net::https_url::parse(c.text);
            BOOST_REQUIRE(!url.has_value());
            BOOST_TEST(url.error().message == c.says);
        }
}

BOOST_AUTO_TEST_CASE(http_only_where_it_is_allowed) {
    using schemes = net::https_url::schemes;
    const auto clear = net::https_url::parse("http://a.example/x", schemes::both);
    BOOST_REQUIRE(clear.has_value());
    BOOST_TEST(clear->in_the_clear);
    BOOST_TEST(clear->port == 80);
    BOOST_TEST(clear->host_field() == "a.example");
    const auto other = net::https_url::parse("http://a.example:443/", schemes::http);
    BOOST_REQUIRE(other.has_value());
    BOOST_TEST(other->host_field() == "a.example:443");
    BOOST_TEST(!net::https_url::parse("https://a.example/", schemes::both)->in_the_clear);
    BOOST_TEST(net::https_url::parse("https://a.example/", schemes::http).error().message ==
               "does not begin with \"http://\"");
    BOOST_TEST(net::https_url::parse("ftp://a.example/", schemes::both).error().message ==
               "does not begin with \"https://\" or \"http://\"");
}

BOOST_AUTO_TEST_SUITE_END()

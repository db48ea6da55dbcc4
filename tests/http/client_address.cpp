#include <latchkey/http/client_address.hpp>
#include <latchkey/http/request_parser.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey;

namespace {

auth::address address(std::string_view text) {
    return auth::parse_address(text).value();
}

http::request parsed(const std::string& lines) {
    http::request out;
    static std::string head; // what the request's views look into
    head = "GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
    const auto why = http::parse_request(head, {}, out);
    BOOST_REQUIRE_MESSAGE(!why, (why ? why->detail : ""));
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(client_address)

BOOST_AUTO_TEST_CASE(the_walk_from_the_right) {
    const auto proxies = auth::parse_networks("10.0.0.0/8, 2001:db8:a::/48, 127.0.0.1").value();
    struct {
        const char* what;
        const char* peer;
        std::string lines;
        const char* client;
    } const cases[] = {
        {"no field", "10.0.0.1", "", "10.0.0.1"},
        {"a peer that is no proxy", "192.0.2.9", "X-Forwarded-For: 198.51.100.1\r\n", "192.0.2.9"},
        {"one proxy", "10.0.0.1", "X-Forwarded-For: 198.51.100.1\r\n", "198.51.100.1"},
        {"what the client claims", "10.0.0.1", "X-Forwarded-For: 1.1.1.1, 198.51.100.1\r\n",
         "198.51.100.1"},
        {"a claim to be a proxy", "10.0.0.1", "X-Forwarded-For: 10.9.9.9, 198.51.100.1\r\n",
         "198.51.100.1"},
        {"two proxies", "10.0.0.1", "X-Forwarded-For: 198.51.100.1, 10.0.0.2\r\n", "198.51.100.1"},
        {"all are proxies", "10.0.0.1", "X-Forwarded-For: 10.0.0.3, 10.0.0.2\r\n", "10.0.0.3"},
        {"several fields, in order", "10.0.0.1",
         "X-Forwarded-For: 1.1.1.1\r\nAccept: a\r\nx-forwarded-for: 198.51.100.1,10.0.0.3\r\n"
         "X-FORWARDED-FOR:10.0.0.2\r\nFoo: 3.3.3.3\r\n",
         "198.51.100.1"},
        {"the earlier field of two", "10.0.0.1",
         "X-Forwarded-For: 1.1.1.1, 198.51.100.1\r\nX-Forwarded-For: 10.0.0.2\r\n", "198.51.100.1"},
        {"no words at all", "10.0.0.1", "X-Forwarded-For: unknown\r\n", "10.0.0.1"},
        {"a malformed entry behind a proxy", "10.0.0.1",
         "X-Forwarded-For: 1.1.1.1, unknown, 10.0.0.2\r\n", "10.0.0.2"},
        {"an empty entry", "10.0.0.1", "X-Forwarded-For: 1.1.1.1,,10.0.0.2\r\n", "10.0.0.2"},
        {"an empty field", "10.0.0.1", "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For:\r\n",
         "10.0.0.1"},
        {"a comma at the end", "10.0.0.1", "X-Forwarded-For: 1.1.1.1,\r\n", "10.0.0.1"},
        {"a comma at the start", "10.0.0.1", "X-Forwarded-For: ,198.51.100.1\r\n", "198.51.100.1"},
        {"a port", "10.0.0.1", "X-Forwarded-For: 198.51.100.1:80\r\n", "10.0.0.1"},
        {"brackets", "10.0.0.1", "X-Forwarded-For: [2001:db8::1]\r\n", "10.0.0.1"},
        {"tabs and spaces", "10.0.0.1", "X-Forwarded-For: \t198.51.100.1 ,\t10.0.0.2 \r\n",
         "198.51.100.1"},
        {"an IPv6 client", "10.0.0.1", "X-Forwarded-For: 2001:db8:b::7\r\n", "2001:db8:b::7"},
        {"an IPv6 proxy", "2001:db8:a::1", "X-Forwarded-For: 198.51.100.1, 2001:db8:a::2\r\n",
         "198.51.100.1"},
        {"an IPv4-mapped peer", "::ffff:10.0.0.1", "X-Forwarded-For: 198.51.100.1\r\n",
         "198.51.100.1"},
        {"an IPv4-mapped entry", "10.0.0.1", "X-Forwarded-For: ::ffff:198.51.100.1\r\n",
         "198.51.100.1"},
        {"an IPv4-mapped proxy", "10.0.0.1", "X-Forwarded-For: 198.51.100.1, ::ffff:10.0.0.2\r\n",
         "198.51.100.1"},
        {"another field of that length", "10.0.0.1", "X-Forwarded-Foo: 198.51.100.1\r\n",
         "10.0.0.1"},
        {"the standard's field is not read", "10.0.0.1", "Forwarded: for=198.51.100.1\r\n",
         "10.0.0.1"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.what) {
            const auto peer = address(c.peer);
            const http::client_origin origin{peer, proxies, auth::contains(proxies, peer)};
            const auto request = parsed(c.lines);
            BOOST_TEST((http::client_address(origin, request.forwarded) == address(c.client)));
        }
}

BOOST_AUTO_TEST_CASE(a_unix_socket_is_a_proxy) {
    const http::client_origin origin{{}, {}, true};
    BOOST_TEST((http::client_address(origin, parsed("X-Forwarded-For: 192.0.2.1\r\n").forwarded) ==
                address("192.0.2.1")));
    BOOST_TEST((http::client_address(origin, "") == auth::address{}));
}

BOOST_AUTO_TEST_CASE(without_proxies_the_field_says_nothing) {
    const http::client_origin origin{address("127.0.0.1"), {}, false};
    BOOST_TEST((http::client_address(origin, parsed("X-Forwarded-For: 192.0.2.1\r\n").forwarded) ==
                address("127.0.0.1")));
}

BOOST_AUTO_TEST_CASE(the_fields_that_are_seen_are_those_of_the_header) {
    BOOST_TEST(parsed("Accept: a\r\n").forwarded.empty());
    BOOST_TEST(parsed("X-Forwarded-For: a\r\n").forwarded == "X-Forwarded-For: a");
    BOOST_TEST(parsed("A: b\r\nX-Forwarded-For: a\r\nC: d\r\n").forwarded ==
               "X-Forwarded-For: a\r\nC: d");
}

BOOST_AUTO_TEST_CASE(what_counts_as_one) {
    const auto one = [](std::string_view a, std::string_view b) {
        return http::limited_as_one(address(a)) == http::limited_as_one(address(b));
    };
    BOOST_TEST(one("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff"));
    BOOST_TEST(!one("2001:db8::1", "2001:db8:0:1::1"));
    BOOST_TEST(!one("192.0.2.1", "192.0.2.2"));
    BOOST_TEST(one("192.0.2.1", "::ffff:192.0.2.1"));
}

BOOST_AUTO_TEST_SUITE_END()

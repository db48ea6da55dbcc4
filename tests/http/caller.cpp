#include "http/request_parser.hpp"

#include <latchkey/http/caller.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey;

namespace {

std::optional<core::address> address(std::string_view text) {
    return text.empty() ? std::nullopt : std::optional(core::parse_address(text).value());
}

http::request parsed(const std::string& lines) {
    http::request out;
    static std::string head; // what the request's views point into
    head = "GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
    const auto why = http::parse_request(head, {}, out);
    BOOST_REQUIRE_MESSAGE(!why, (why ? why->detail : ""));
    return out;
}

http::trust trust_in(const std::string& callers, const std::string& proxies,
                     bool unix_callers = false) {
    http::configuration settings;
    settings.trusted_callers = callers;
    settings.trusted_proxies = proxies;
    settings.trusted_unix_callers = unix_callers;
    return http::trust_of(settings);
}

// `peer`: empty for a unix socket.
http::caller judged(const http::trust& rules, std::string_view peer, const std::string& lines) {
    const auto request = parsed(lines);
    return http::judge_caller({address(peer), rules}, {request.forwarded, request.has_forwarded});
}

} // namespace

BOOST_AUTO_TEST_SUITE(caller)

BOOST_AUTO_TEST_CASE(the_walk_from_the_right) {
    const auto rules = trust_in("", "10.0.0.0/8, 2001:db8:a::/48, 127.0.0.1");
    struct {
        const char* what;
        const char* peer;
        std::string lines;
        const char* client;
        bool readable = true;
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
        {"a comma at the start", "10.0.0.1", "X-Forwarded-For: ,198.51.100.1\r\n", "198.51.100.1"},
        {"tabs and spaces", "10.0.0.1", "X-Forwarded-For: \t198.51.100.1 ,\t10.0.0.2 \r\n",
         "198.51.100.1"},
        {"a port", "10.0.0.1", "X-Forwarded-For: 198.51.100.1:80\r\n", "198.51.100.1"},
        {"a proxy's port", "10.0.0.1", "X-Forwarded-For: 198.51.100.1:80, 10.0.0.2:81\r\n",
         "198.51.100.1"},
        {"brackets", "10.0.0.1", "X-Forwarded-For: [2001:db8::1]\r\n", "2001:db8::1"},
        {"both", "10.0.0.1", "X-Forwarded-For: [2001:db8::1]:80, [2001:db8:a::2]:81\r\n",
         "2001:db8::1"},
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
        {"both fields", "10.0.0.1", "Forwarded: for=9.9.9.9\r\nX-Forwarded-For: 198.51.100.1\r\n",
         "198.51.100.1"},
        {"by a unix socket", "", "X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"},
        {"and two proxies", "", "X-Forwarded-For: 1.1.1.1, 192.0.2.1, 10.0.0.2\r\n", "192.0.2.1"},
        {"by a unix socket, and nobody is named", "", "", ""},
        // Entries that are not addresses.
        {"no words at all", "10.0.0.1", "X-Forwarded-For: unknown\r\n", "10.0.0.1", false},
        {"a malformed entry behind a proxy", "10.0.0.1",
         "X-Forwarded-For: 1.1.1.1, unknown, 10.0.0.2\r\n", "10.0.0.2", false},
        {"an empty entry", "10.0.0.1", "X-Forwarded-For: 1.1.1.1,,10.0.0.2\r\n", "10.0.0.2", false},
        {"an empty field", "10.0.0.1", "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For:\r\n",
         "10.0.0.1", false},
        {"a comma at the end", "10.0.0.1", "X-Forwarded-For: 1.1.1.1,\r\n", "10.0.0.1", false},
        {"a zone", "10.0.0.1", "X-Forwarded-For: fe80::1%eth0\r\n", "10.0.0.1", false},
        {"the standard's field is not read", "10.0.0.1", "Forwarded: for=198.51.100.1\r\n",
         "10.0.0.1", false},
        {"a unix socket's client of a unix socket", "", "X-Forwarded-For: unix:\r\n", "", false},
        {"the standard's field by a unix socket", "", "forwarded: for=192.0.2.1\r\n", "", false},
        {"a stranger may write what he likes", "192.0.2.9", "X-Forwarded-For: unknown\r\n",
         "192.0.2.9"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.what) {
            const auto found = judged(rules, c.peer, c.lines);
            BOOST_TEST((found.client == address(c.client)));
            BOOST_TEST(found.readable == c.readable);
            BOOST_TEST((found.own_address() == (c.readable ? address(c.client) : std::nullopt)));
        }
}

BOOST_AUTO_TEST_CASE(who_is_trusted_and_whose_the_connection_is) {
    const std::string proxy_here = "127.0.0.1, 10.0.0.0/8";
    const std::string loopback = "127.0.0.0/8, ::1";
    struct {
        const char* what;
        std::string callers, proxies;
        bool unix_callers;
        const char* peer;
        std::string lines;
        bool trusted;
        const char* counted; ///< empty: exempt
    } const cases[] = {
        {"loopback itself", loopback, "", false, "127.0.0.1", "", true, "127.0.0.1"},
        {"all of loopback", loopback, "", false, "::1", "", true, "::1"},
        {"somebody else", loopback, "", false, "192.0.2.1", "", false, "192.0.2.1"},
        {"nobody is trusted", "", "", false, "127.0.0.1", "", false, "127.0.0.1"},
        // A proxy on this machine that is not configured.
        {"forwarded by no proxy of ours", loopback, "", false, "127.0.0.1",
         "X-Forwarded-For: 192.0.2.1\r\n", false, "127.0.0.1"},
        {"for loopback, it says", loopback, "", false, "127.0.0.1",
         "X-Forwarded-For: 127.0.0.1\r\n", false, "127.0.0.1"},
        {"in the standard's words", loopback, "", false, "127.0.0.1",
         "Forwarded: for=192.0.2.1\r\n", false, "127.0.0.1"},
        {"and for nobody", loopback, "", false, "127.0.0.1", "X-Forwarded-For:\r\n", false,
         "127.0.0.1"},
        // A proxy on this machine that is configured.
        {"for a stranger", loopback, proxy_here, false, "127.0.0.1",
         "X-Forwarded-For: 192.0.2.1\r\n", false, ""},
        {"for another of loopback", loopback, proxy_here, false, "127.0.0.1",
         "X-Forwarded-For: 127.0.0.2\r\n", true, ""},
        {"who says that he is of loopback", loopback, proxy_here, false, "127.0.0.1",
         "X-Forwarded-For: 127.0.0.2, 192.0.2.1\r\n", false, ""},
        {"for itself", loopback, proxy_here, false, "127.0.0.1", "X-Forwarded-For: 127.0.0.1\r\n",
         false, ""},
        {"for none", loopback, proxy_here, false, "127.0.0.1", "", false, ""},
        {"for what is no address", loopback, proxy_here, false, "127.0.0.1",
         "X-Forwarded-For: localhost\r\n", false, ""},
        {"and a trusted proxy in between", "10.0.0.0/8, 127.0.0.0/8", proxy_here, false,
         "127.0.0.1", "X-Forwarded-For: unknown, 10.0.0.9\r\n", false, ""},
        {"in words that are not read", loopback, proxy_here, false, "127.0.0.1",
         "Forwarded: for=127.0.0.2\r\n", false, ""},
        {"a trusted client behind a proxy", "192.0.2.0/24", "10.0.0.0/8", false, "10.0.0.1",
         "X-Forwarded-For: 192.0.2.7:5000\r\n", true, ""},
        {"a proxy that is a trusted caller", "10.0.0.0/8", "10.0.0.0/8", false, "10.0.0.1",
         "X-Forwarded-For: 10.0.0.2\r\n", false, ""},
        // By a unix socket.
        {"by itself", loopback, "", false, "", "", false, ""},
        {"by itself, and that is trusted", "", "", true, "", "", true, ""},
        {"for a stranger", loopback, "", true, "", "X-Forwarded-For: 192.0.2.1\r\n", false, ""},
        {"for a trusted client", loopback, "", false, "", "X-Forwarded-For: 127.0.0.1\r\n", false,
         ""},
        {"for a trusted client, by a trusted one", loopback, "", true, "",
         "X-Forwarded-For: 127.0.0.1\r\n", true, ""},
        {"for what is no address", loopback, "", true, "", "X-Forwarded-For: unix:\r\n", false, ""},
        {"in words that are not read", loopback, "", true, "", "Forwarded: for=x\r\n", false, ""},
        {"for a proxy", "10.0.0.0/8", "10.0.0.0/8", true, "", "X-Forwarded-For: 10.0.0.1\r\n",
         false, ""},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.what << ": " << c.peer << ' ' << c.lines) {
            const auto rules = trust_in(c.callers, c.proxies, c.unix_callers);
            const auto found = judged(rules, c.peer, c.lines);
            BOOST_TEST(found.trusted == c.trusted);
            BOOST_TEST((found.counted == address(c.counted)));
        }
}

BOOST_AUTO_TEST_CASE(the_fields_that_are_seen_are_those_of_the_header) {
    BOOST_TEST(parsed("Accept: a\r\n").forwarded.empty());
    BOOST_TEST(!parsed("Accept: a\r\nForwardee: b\r\n").has_forwarded);
    BOOST_TEST(parsed("FORWARDED: a\r\n").has_forwarded);
    BOOST_TEST(parsed("X-Forwarded-For: a\r\n").forwarded == "X-Forwarded-For: a");
    BOOST_TEST(parsed("A: b\r\nX-Forwarded-For: a\r\nC: d\r\n").forwarded ==
               "X-Forwarded-For: a\r\nC: d");
}

BOOST_AUTO_TEST_SUITE_END()

#include <latchkey/net/proxy_header.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey;
using namespace std::string_literals;

namespace {

using outcome = net::proxy_header_parser::outcome;

constexpr std::size_t bytes_max = 300;

// The outcome, and how many bytes the header had.
struct reading {
    outcome what = outcome::incomplete;
    std::size_t used = 0;
    std::optional<core::address> source;
    std::string why;
};

reading read(std::string_view bytes, std::size_t at_a_time) {
    net::proxy_header_parser parser(bytes_max);
    reading out;
    while (out.what == outcome::incomplete && !bytes.empty()) {
        const auto piece = bytes.substr(0, at_a_time);
        const auto got = parser.read(piece);
        out.what = got.what;
        out.used += got.used;
        bytes.remove_prefix(piece.size());
    }
    out.source = parser.source();
    out.why = parser.why();
    return out;
}

const auto signature = "\r\n\r\n\0\r\nQUIT\n"s;

std::string number(std::size_t n) {
    return {static_cast<char>(n >> 8), static_cast<char>(n & 0xff)};
}
// Version and command, family and transport, and the bytes after the length.
std::string version_2(char command, char family, const std::string& rest) {
    return signature + command + family + number(rest.size()) + rest;
}

const auto ipv4_addresses = "\xc0\x00\x02\x01\xc0\x00\x02\x02\x10\x00\x00\x50"s;
const auto ipv6_addresses = "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x07" +
                            std::string(16, '\1') + "\x10\x00\x00\x50"s;

} // namespace

BOOST_AUTO_TEST_SUITE(proxy_header)

BOOST_AUTO_TEST_CASE(whom_it_names) {
    const std::string most = "UNKNOWN " + std::string(107 - 6 - 8 - 2, 'x');
    struct {
        const char* what;
        std::string header;
        const char* source; ///< empty if the peer's own address counts
    } const cases[] = {
        {"a client of IPv4", "PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\n", "192.0.2.1"},
        {"a client of IPv6", "PROXY TCP6 2001:db8::7 ::1 65535 0\r\n", "2001:db8::7"},
        {"IPv4 in IPv6", "PROXY TCP6 ::ffff:192.0.2.1 ::1 1 1\r\n", "192.0.2.1"},
        {"the longest that may be",
         "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe 65535 65535\r\n",
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
        {"nobody", "PROXY UNKNOWN\r\n", ""},
        {"nobody, with addresses that do not count",
         "PROXY UNKNOWN 192.0.2.1 192.0.2.2 5000 80\r\n", ""},
        {"nobody, as long as may be", "PROXY " + most + "\r\n", ""},
        {"2: a client of IPv4", version_2('\x21', '\x11', ipv4_addresses), "192.0.2.1"},
        {"2: a client of IPv6", version_2('\x21', '\x21', ipv6_addresses), "2001:db8::7"},
        {"2: with more behind it", version_2('\x21', '\x11', ipv4_addresses + std::string(9, 'x')),
         "192.0.2.1"},
        {"2: as long as may be",
         version_2('\x21', '\x21', ipv6_addresses + std::string(bytes_max - 16 - 36, 'x')),
         "2001:db8::7"},
        {"2: LOCAL", version_2('\x20', '\0', ""), ""},
        {"2: LOCAL, whatever its addresses", version_2('\x20', '\x11', ipv4_addresses), ""},
        {"2: LOCAL, whatever its family", version_2('\x20', '\xff', "xyz"), ""},
        {"2: no family", version_2('\x21', '\0', ""), ""},
        {"2: no family, and more", version_2('\x21', '\0', "xyz"), ""},
        {"2: a unix socket's", version_2('\x21', '\x31', std::string(216, 'p')), ""},
    };
    for (const auto& c : cases)
        for (const std::size_t at_a_time : {1u, 3u, 13u, 1000u})
            BOOST_TEST_CONTEXT(c.what << ", " << at_a_time << " bytes at a time") {
                // The bytes after the header do not belong to it, even if they look like one.
                const auto got = read(c.header + "PROXY \r\n\r\n", at_a_time);
                BOOST_TEST((got.what == outcome::complete), got.why);
                BOOST_TEST(got.used == c.header.size());
                const auto expected = *c.source ? core::parse_address(c.source) : std::nullopt;
                BOOST_TEST((got.source == expected));
            }
}

BOOST_AUTO_TEST_CASE(what_is_no_header_is_refused_at_once) {
    struct {
        const char* what;
        std::string bytes;
        const char* says;
        std::size_t refused_at = 0; ///< bytes that show the error; 0 means all
    } const cases[] = {
        {"a request", "GET / HTTP/1.1\r\n", "does not begin with a PROXY header", 1},
        {"a request that begins like it", "POST / HTTP/1.1\r\n", "does not begin", 2},
        {"TLS", "\x16\x03\x01\x02", "does not begin", 1},
        {"in small letters", "proxy TCP4", "does not begin", 1},
        {"no space", "PROXY\r\n", "does not begin", 6},
        {"lines", "\r\n\r\n\r\n", "does not begin", 5},
        {"no family", "PROXY \r\n", "malformed"},
        {"another family", "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n", "malformed"},
        {"a family's beginning", "PROXY UNKNOWNS\r\n", "malformed"},
        {"the wrong family", "PROXY TCP4 2001:db8::7 ::1 1 2\r\n", "malformed"},
        {"the other wrong one", "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n", "malformed"},
        {"one of each", "PROXY TCP4 192.0.2.1 ::1 1 2\r\n", "malformed"},
        {"no ports", "PROXY TCP4 192.0.2.1 192.0.2.2\r\n", "malformed"},
        {"one port", "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n", "malformed"},
        {"three ports", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n", "malformed"},
        {"a port too large", "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n", "malformed"},
        {"a port with a zero", "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n", "malformed"},
        {"two spaces", "PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n", "malformed"},
        {"a space at the end", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n", "malformed"},
        {"a tab", "PROXY TCP4\t192.0.2.1", "malformed", 11},
        {"no such address", "PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n", "malformed"},
        {"an address in two spellings", "PROXY TCP4 192.0.02.1 192.0.2.2 1 2\r\n", "malformed"},
        {"a bare line feed", "PROXY UNKNOWN\n", "malformed"},
        {"a bare carriage return", "PROXY UNKNOWN\rx", "malformed"},
        {"two of them", "PROXY UNKNOWN\r\r", "malformed"},
        {"a zero byte", "PROXY UNKNOWN\0"s, "malformed"},
        {"a line that is too long", "PROXY UNKNOWN " + std::string(200, 'x'), "107 bytes", 107},
        {"2: version 1", version_2('\x11', '\x11', ipv4_addresses), "version", 16},
        {"2: version 3", version_2('\x31', '\x11', ipv4_addresses), "version", 16},
        {"2: another command", version_2('\x22', '\x11', ipv4_addresses), "version", 16},
        {"2: another family", version_2('\x21', '\x41', ipv4_addresses), "family", 16},
        {"2: datagrams", version_2('\x21', '\x12', ipv4_addresses), "family", 16},
        {"2: no transport", version_2('\x21', '\x10', ipv4_addresses), "family", 16},
        {"2: another transport", version_2('\x21', '\x13', ipv4_addresses), "family", 16},
        {"2: half an address", version_2('\x21', '\x11', "\xc0\x00"), "too short", 16},
        {"2: IPv4 for IPv6", version_2('\x21', '\x21', ipv4_addresses), "too short", 16},
        {"2: half a path", version_2('\x21', '\x31', std::string(215, 'p')), "too short", 16},
        {"2: too much", version_2('\x20', '\0', std::string(bytes_max - 15, 'x')),
         "server.proxy_protocol_bytes_max", 16},
        {"2: as much as can be said", signature + "\x21\x11\xff\xff", "bytes_max", 16},
    };
    for (const auto& c : cases)
        for (const std::size_t at_a_time : {1u, 1000u})
            BOOST_TEST_CONTEXT(c.what << ", " << at_a_time << " bytes at a time") {
                const auto got = read(c.bytes, at_a_time);
                BOOST_TEST((got.what == outcome::refused));
                BOOST_TEST(got.why.find(c.says) != std::string::npos, got.why);
                BOOST_TEST(got.used == (c.refused_at > 0 ? c.refused_at : c.bytes.size()));
            }
}

BOOST_AUTO_TEST_CASE(a_part_of_a_header_is_none_yet) {
    for (const auto& whole : {"PROXY TCP4 192.0.2.1 192.0.2.2 5000 80\r\n"s,
                              version_2('\x21', '\x21', ipv6_addresses + "more")})
        for (std::size_t size = 1; size < whole.size(); ++size) {
            const auto got = read(whole.substr(0, size), 1000);
            BOOST_TEST((got.what == outcome::incomplete), size);
            BOOST_TEST(got.used == size);
        }
}

BOOST_AUTO_TEST_SUITE_END()

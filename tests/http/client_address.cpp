#include <latchkey/http/client_address.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;

namespace {

core::address address(std::string_view text) {
    return core::parse_address(text).value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(client_address)

BOOST_AUTO_TEST_CASE(what_a_text_names) {
    struct {
        const char* text;
        const char* names; ///< empty: none
    } const cases[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"192.0.2.1:80", "192.0.2.1"},
        {"192.0.2.1:0", "192.0.2.1"},
        {"192.0.2.1:65535", "192.0.2.1"},
        {"2001:db8::1", "2001:db8::1"},
        {"[2001:db8::1]", "2001:db8::1"},
        {"[2001:db8::1]:443", "2001:db8::1"},
        {"[::ffff:192.0.2.1]:443", "192.0.2.1"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        // Without brackets, what looks like a port is part of the address.
        {"2001:db8::1:443", "2001:db8::1:443"},
        {"::", "::"},
        {"", ""},
        {":80", ""},
        {"unknown", ""},
        {"unknown:80", ""},
        {"unix:", ""},
        {"_hidden", ""},
        {"192.0.2", ""},
        {"192.0.2.1:", ""},
        {"192.0.2.1:65536", ""},
        {"192.0.2.1:http", ""},
        {"192.0.2.1:-1", ""},
        {"192.0.2.1:+1", ""},
        {"192.0.2.1: 80", ""},
        {"192.0.2.1 :80", ""},
        {" 192.0.2.1", ""},
        {"192.0.2.1/32", ""},
        {"192.0.2.01", ""},
        {"[192.0.2.1]", ""},
        {"[192.0.2.1]:80", ""},
        {"[2001:db8::1", ""},
        {"2001:db8::1]", ""},
        {"[2001:db8::1]443", ""},
        {"[2001:db8::1]:", ""},
        {"[2001:db8::1]]", ""},
        {"[[2001:db8::1]]", ""},
        {"[]", ""},
        {"[fe80::1%eth0]:80", ""},
        {"\"[2001:db8::1]\"", ""},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT('"' << c.text << '"') {
            const auto named = http::address_named_by(c.text);
            BOOST_TEST(named.has_value() == (*c.names != '\0'));
            if (named && *c.names) BOOST_TEST((*named == address(c.names)));
        }
    BOOST_TEST(!http::address_named_by({"192.0.2.1\0:80", 13}));
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

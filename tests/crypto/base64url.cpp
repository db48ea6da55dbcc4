#include <latchkey/crypto/base64url.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey;
using crypto::decode_base64url;
using crypto::encode_base64url;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(base64url)

// The vectors of RFC 4648, section 10, without padding; and the two characters of the URL alphabet.
BOOST_AUTO_TEST_CASE(both_ways) {
    struct {
        std::string bytes;
        const char* text;
    } const cases[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xff\xef\xbe", "_---"},
        {"\0\0"s, "AAA"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.text) {
            BOOST_TEST(encode_base64url(c.bytes) == c.text);
            BOOST_REQUIRE(decode_base64url(c.text).has_value());
            BOOST_TEST(*decode_base64url(c.text) == c.bytes);
        }
}

BOOST_AUTO_TEST_CASE(refuses_what_is_not_canonical) {
    for (const std::string text : {"A", "AAAAA", "Zg==", "Zg=", "Zm9v=", "Zh", "Zm9", "Zm9vYmF",
                                   "Zm 8", "Zm8\n", "\nZm8", "Zm+v", "Zm/v", "Zm.v", "Zm9\xc3"})
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST(!decode_base64url(text).has_value());
        }
    BOOST_TEST(!decode_base64url("Zm9\0"s).has_value());
}

BOOST_AUTO_TEST_CASE(every_text_that_is_accepted_is_the_only_one_for_its_bytes) {
    const std::string all = "ABab09-_+/= \x80";
    int accepted = 0;
    for (const char a : all)
        for (const char b : all)
            for (const char c : all)
                for (const std::string& text : {""s + a, ""s + a + b, ""s + a + b + c})
                    if (const auto bytes = decode_base64url(text)) {
                        ++accepted;
                        BOOST_REQUIRE(encode_base64url(*bytes) == text);
                    }
    BOOST_TEST(accepted > 100);
}

BOOST_AUTO_TEST_SUITE_END()

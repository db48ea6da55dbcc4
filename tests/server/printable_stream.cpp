#include "server/cli/printable_stream.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <sstream>
#include <string>

using namespace latchkey;

BOOST_AUTO_TEST_SUITE(printable_stream)

BOOST_AUTO_TEST_CASE(text_is_the_same_in_one_piece_and_byte_by_byte) {
    const std::string text = "n\xc3\xa4me \xe2\x80\xae\xf0\x9f\x98\x80\x1b[31m \xc2\x9b\xff\n";
    const std::string shown =
        "n\xc3\xa4me \\u202e\xf0\x9f\x98\x80\\u001b[31m \\u009b\xef\xbf\xbd\n";
    std::stringbuf whole;
    std::stringbuf bytes;
    {
        server::printable_buffer to_whole(whole);
        std::ostream(&to_whole) << text;
        server::printable_buffer to_bytes(bytes);
        std::ostream out(&to_bytes);
        for (const char c : text) {
            out.put(c);
            out.flush();
        }
    }
    BOOST_TEST(whole.str() == shown);
    BOOST_TEST(bytes.str() == shown);
}

BOOST_AUTO_TEST_CASE(the_value_of_json_stays) {
    const std::string text = "{\"name\":\"\xc2\x9b"
                             "2J\xe2\x80\xae\x7f\"}";
    std::stringbuf target;
    {
        server::printable_buffer buffer(target);
        std::ostream(&buffer) << text;
    }
    BOOST_TEST(target.str() == R"({"name":"\u009b2J\u202e\u007f"})");
    BOOST_TEST((boost::json::parse(target.str()) == boost::json::parse(text)));
}

BOOST_AUTO_TEST_CASE(what_ends_within_a_character_is_shown) {
    std::stringbuf target;
    {
        server::printable_buffer buffer(target);
        std::ostream(&buffer) << "a\xe2\x80";
    }
    BOOST_TEST(target.str() == "a\xef\xbf\xbd\xef\xbf\xbd");
}

BOOST_AUTO_TEST_SUITE_END()

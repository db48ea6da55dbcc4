#include <latchkey/core/text/printable.hpp>
#include <latchkey/core/text/utf8.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey;
using namespace std::string_literals;

namespace {

std::string printable_of(std::string_view text) {
    std::string out;
    core::append_printable(out, text);
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(printable)

BOOST_AUTO_TEST_CASE(what_a_terminal_would_obey_is_escaped) {
    struct {
        std::string text;
        std::string shown;
    } const cases[] = {
        {"", ""},
        {"plain, with \"quotes\" and \\", "plain, with \"quotes\" and \\"},
        {"line\nand\ttab", "line\nand\ttab"},
        {"\x1b[2J", "\\u001b[2J"},
        {"a\rb\x07\x7f\0"s, "a\\u000db\\u0007\\u007f\\u0000"},
        {"\xc2\x80 \xc2\x9b 2J \xc2\x9f", "\\u0080 \\u009b 2J \\u009f"}, // C1: CSI is U+009B
        {"\xc2\xa0\xc3\xa9\xe2\x82\xac", "\xc2\xa0\xc3\xa9\xe2\x82\xac"},
        {"\x9b"
         "2J",
         "\xef\xbf\xbd"
         "2J"}, // CSI on an 8-bit terminal
        {"\xd8\x9c", "\\u061c"},
        {"\xe2\x80\x8e\xe2\x80\x8f", "\\u200e\\u200f"},
        {"\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad\xe2\x80\xae",
         "\\u202a\\u202b\\u202c\\u202d\\u202e"},
        {"\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9", "\\u2066\\u2067\\u2068\\u2069"},
        {"\xe2\x80\xa8\xe2\x80\xa9", "\\u2028\\u2029"},
        {"\xe2\x80\xa6", "\xe2\x80\xa6"},
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        {"\xc3", "\xef\xbf\xbd"},
    };
    for (const auto& c : cases)
        BOOST_TEST(printable_of(c.text) == c.shown);
}

BOOST_AUTO_TEST_CASE(a_line_stays_one) {
    BOOST_TEST(core::printable_line("a\nb\tc\x1b") == "a\\u000ab\\u0009c\\u001b");
}

BOOST_AUTO_TEST_CASE(the_beginning_of_a_character_is_seen) {
    struct {
        std::string text;
        std::size_t unfinished;
    } const cases[] = {
        {"", 0},
        {"abc", 0},
        {"a\xc3", 1},
        {"a\xc3\xa9", 0},
        {"\xe2", 1},
        {"\xe2\x80", 2},
        {"\xe2\x80\xae", 0},
        {"\xf0\x9f\x98", 3},
        {"\xf0\x9f\x98\x80", 0},
        {"\x80\x80\x80\x80", 0}, // no character begins here
        {"\xff", 0},
    };
    for (const auto& c : cases)
        BOOST_TEST(core::utf8_unfinished(c.text) == c.unfinished);
}

BOOST_AUTO_TEST_SUITE_END()

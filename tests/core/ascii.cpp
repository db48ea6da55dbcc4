#include <latchkey/core/text/ascii.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey;

namespace {

// Every name of this length that differs from the given one in one byte, and those that are shorter
// or longer by one.
template <std::size_t size>
void agrees_with_same_text(const char (&name)[size]) {
    for (std::size_t at = 0; at + 1 < size; ++at)
        for (int byte = 0x20; byte < 0x100; ++byte) { // the function's contract excludes controls
            if (byte == 0x7f) continue;
            std::string token = name;
            token[at] = static_cast<char>(byte);
            BOOST_TEST_CONTEXT(token)
            BOOST_TEST(core::is_name(token, name) == core::same_text(token, name));
        }
    BOOST_TEST(!core::is_name("", name));
    BOOST_TEST(!core::is_name(std::string(name) + "s", name));
    BOOST_TEST(!core::is_name(std::string_view(name).substr(1), name));
}

} // namespace

BOOST_AUTO_TEST_SUITE(ascii)

// Of each length that words cover differently.
BOOST_AUTO_TEST_CASE(a_name_is_known_in_any_case_and_by_every_byte) {
    agrees_with_same_text("host");
    agrees_with_same_text("expect");
    agrees_with_same_text("keep-up");
    agrees_with_same_text("if-match");
    agrees_with_same_text("x-request-id");
    agrees_with_same_text("x-forwarded-for2");
    agrees_with_same_text("transfer-encoding");
    BOOST_TEST(core::is_name("X-Request-ID", "x-request-id"));
    BOOST_TEST(core::is_name("CONTENT-LENGTH", "content-length"));
}

BOOST_AUTO_TEST_CASE(lists_are_taken_apart) {
    std::string_view rest = " a ,\tb\t,,c";
    BOOST_TEST(core::next_part(rest, ',') == "a");
    BOOST_TEST(core::next_part(rest, ',') == "b");
    BOOST_TEST(core::next_part(rest, ',') == "");
    BOOST_TEST(core::next_part(rest, ',') == "c");
    BOOST_TEST(rest.empty());
    BOOST_TEST(core::trimmed(" \t ") == "");
}

BOOST_AUTO_TEST_SUITE_END()

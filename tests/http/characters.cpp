#include <latchkey/http/characters.hpp>

#include <latchkey/core/text/ascii.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey;

BOOST_AUTO_TEST_SUITE(characters)

BOOST_AUTO_TEST_CASE(finds_each_control_character_at_each_place) {
    for (int byte = 0; byte < 256; ++byte)
        for (std::size_t place = 0; place < 20; ++place) {
            std::string text(20, '\xff');
            text[place] = static_cast<char>(byte);
            const bool control = byte < 0x20 || byte == 0x7f;
            BOOST_TEST_CONTEXT("byte " << byte << " at " << place) {
                BOOST_TEST(http::find_control(text, 0) == (control ? place : text.size()));
                BOOST_TEST(http::find_control(text, place + 1) == text.size());
            }
        }
    BOOST_TEST(http::find_control("", 0) == 0u);
}

BOOST_AUTO_TEST_CASE(finds_the_first_of_several) {
    for (const std::string bytes : {"\x1f\x20", "\x7f\x80", "\x01\x7f", "\x7f\x01", "\x1f\x21"})
        for (std::size_t place = 0; place < 9; ++place)
            BOOST_TEST(http::find_control(std::string(place, 'a') + bytes + "bcdefghij", 0) ==
                       place);
}

BOOST_AUTO_TEST_CASE(compares_but_for_the_case_of_letters) {
    BOOST_TEST(core::same_text("Content-Type", "content-type"));
    BOOST_TEST(!core::same_text("Content-Type", "content-typ"));
    BOOST_TEST(!core::same_text("@[`{", "`{@["));
}

BOOST_AUTO_TEST_SUITE_END()

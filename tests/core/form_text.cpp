#include <latchkey/core/text/form_text.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(form_text)

BOOST_AUTO_TEST_CASE(escapes_and_plus_are_decoded) {
    struct {
        std::string given;
        std::optional<std::string> decoded;
    } const cases[] = {
        {"", ""},
        {"a+b%20c", "a b c"},
        {"%2b%2B", "++"},
        {"%c3%a4", "ä"},
        {"%", std::nullopt},
        {"%4", std::nullopt},
        {"%4g", std::nullopt},
        {"a%00b", std::nullopt},
        {"%ff", std::nullopt},
        {"%c3", std::nullopt},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.given) {
            BOOST_TEST((core::decode_form_text(c.given) == c.decoded));
        }
}

BOOST_AUTO_TEST_CASE(a_fields_text_is_visible_ascii) {
    const auto written = [](std::string_view text) {
        std::string out;
        core::append_field_text(out, text);
        return out;
    };
    BOOST_TEST(written("key_1:a/b?c=d&\"") == "key_1:a/b?c=d&\"");
    BOOST_TEST(written("a b") == "a%20b");
    BOOST_TEST(written("100%") == "100%25");
    BOOST_TEST(written("a\r\nX: y\0\x7f"s) == "a%0D%0AX:%20y%00%7F");
    BOOST_TEST(written("ä") == "%C3%A4");
}

BOOST_AUTO_TEST_SUITE_END()

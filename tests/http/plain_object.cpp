#include "http/plain_object.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace latchkey::http;

namespace {

// The members as "name=value;…"; nullopt if it is not a plain object.
std::optional<std::string> members_of(std::string_view text) {
    std::string out;
    const bool plain =
        latchkey::http::plain_object(text).each([&](std::string_view name, std::string_view value) {
            out += std::string(name) + '=' + std::string(value) + ';';
            return true;
        });
    return plain ? std::optional(out) : std::nullopt;
}

} // namespace

BOOST_AUTO_TEST_SUITE(plain_object)

BOOST_AUTO_TEST_CASE(reads_objects_of_plain_strings) {
    struct {
        std::string_view text;
        std::string_view members;
    } const cases[] = {
        {"{}", ""},
        {" { } ", ""},
        {R"({"a":"b"})", "a=b;"},
        {"\t{ \"a\" :\r\n \"b\" , \"c\":\"\" }\n", "a=b;c=;"},
        {R"({"a":"b","a":"c"})", "a=b;a=c;"}, // whoever takes them decides
        {"{\"a\":\"\x7f\"}", "a=\x7f;"},
        {R"({"a":"12345678","b":"1234567890123456789"})", "a=12345678;b=1234567890123456789;"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.text) {
            BOOST_TEST(members_of(c.text).value_or("no") == c.members);
        }
}

BOOST_AUTO_TEST_CASE(leaves_all_else_to_the_parser) {
    using namespace std::string_view_literals;
    const std::string_view cases[] = {
        "",
        "{",
        "}",
        R"("a")",
        "[]",
        R"({"a"})",
        R"({"a":})",
        R"({"a":1})",
        R"({"a":null})",
        R"({"a":["b"]})",
        R"({"a":{}})",
        R"({"a":"b)",
        R"({"a":"b")",
        R"({"a":"b",})",
        R"({,"a":"b"})",
        R"({"a":"b" "c":"d"})",
        R"({"a":"b"}})",
        R"({"a":"b"} x)",
        R"({"a":"\n"})",
        R"({"\u0061":"b"})",
        "{\"a\":\"\xc3\xa4\"}",
        "{\"a\":\"\x01\"}",
        "{\"a\":\"b\0\"}"sv,
        "{\"a\":\"\n\"}",
        "\xef\xbb\xbf{}",
        "{\v}",
        "{}\0"sv,
    };
    for (const auto text : cases)
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST(!members_of(text));
        }
}

BOOST_AUTO_TEST_CASE(who_takes_a_member_may_give_up) {
    BOOST_TEST(
        !latchkey::http::plain_object(R"({"a":"b"})").each([](auto, auto) { return false; }));
}

// Each byte at each place within a word, and before and behind its end.
BOOST_AUTO_TEST_CASE(the_end_of_a_plain_text_is_found_at_every_place) {
    for (int byte = 0; byte < 256; ++byte)
        for (std::size_t place = 0; place < 20; ++place) {
            std::string text(20, 'x');
            text[place] = static_cast<char>(byte);
            const bool ends = byte == '"' || byte == '\\' || byte < 0x20 || byte > 0x7f;
            for (std::size_t from = 0; from <= place; ++from)
                BOOST_REQUIRE(plain_text_end(text, from) == (ends ? place : text.size()));
            BOOST_REQUIRE(plain_text_end(text, place + 1) == text.size());
        }
    // Two in one word: the first counts.
    BOOST_TEST(plain_text_end("ab\"\\\xffgh", 0) == 2u);
    BOOST_TEST(plain_text_end("a\x80\"c\"efghij", 0) == 1u);
    BOOST_TEST(plain_text_end("a!\"cdefghij", 0) == 2u); // '!' is one below the quote
}

BOOST_AUTO_TEST_SUITE_END()

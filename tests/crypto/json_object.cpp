#include <latchkey/crypto/json_object.hpp>

#include <boost/test/unit_test.hpp>

#include <string>

using namespace latchkey;
using crypto::parse_json_object;

BOOST_AUTO_TEST_SUITE(json_object)

BOOST_AUTO_TEST_CASE(reads_an_object) {
    const auto o = parse_json_object(R"( {"a":1,"b":{"a":[true,null,{"a":"\u00e9"}]}} )", {});
    BOOST_REQUIRE(o.has_value());
    BOOST_TEST(o->at("a").as_int64() == 1);
    BOOST_TEST(o->at("b").at("a").as_array().size() == 3u);
}

BOOST_AUTO_TEST_CASE(refuses_what_is_not_strict) {
    const std::string deep = std::string(40, '[') + std::string(40, ']');
    const std::string cases[] = {
        "",
        " ",
        "null",
        "[]",
        "\"a\"",
        "{",
        "{}{}",
        "{} x",
        R"({"a":1,"a":2})",
        R"({"a":1,"\u0061":2})",
        R"({"b":{"a":1,"a":1}})",
        R"({"b":[{"a":1,"a":1}]})",
        R"({"x":{"a":1,"b":2},"x":1})",
        R"({"a":1,})",
        R"({'a':1})",
        R"({"a":01})",
        R"({"a":NaN})",
        R"({"a":1e999})",
        R"({"a":-1e999})",
        R"({"a":/**/1})",
        "{\"a\":\"\xff\"}",
        "{\"a\":\"\n\"}",
        "{\"\xc0\x80\":1}",
        "\xef\xbb\xbf{}",
        R"({"a":"\ud800"})",
        R"({"a":)" + deep + "}",
        R"({"a":")" + std::string(20000, 'a') + "\"}",
    };
    for (const auto& text : cases)
        BOOST_TEST_CONTEXT(text.substr(0, 60)) {
            const auto o = parse_json_object(text, {});
            BOOST_REQUIRE(!o.has_value());
            BOOST_TEST(!o.error().message.empty());
        }
}

BOOST_AUTO_TEST_CASE(each_limit_is_the_last_that_passes) {
    const crypto::json_limits limits{.bytes_max = 20, .depth_max = 2, .names_max = 2};
    BOOST_TEST(parse_json_object(R"({"a":"12345678901"})", limits).has_value());
    BOOST_TEST(!parse_json_object(R"({"a":"1234567890123"})", limits).has_value());
    BOOST_TEST(parse_json_object(R"({"a":[1]})", limits).has_value());
    BOOST_TEST(!parse_json_object(R"({"a":[[1]]})", limits).has_value());
    BOOST_TEST(parse_json_object(R"({"a":{"b":1}})", limits).has_value());
    BOOST_TEST(!parse_json_object(R"({"a":1,"b":1,"c":1})", limits).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

#include <latchkey/http/json_body.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <string>

using latchkey::http::json_field;
using latchkey::http::json_kind;
using namespace std::string_literals;

namespace {

enum : std::size_t { api_key, scopes, cost, metadata };
constexpr std::array<json_field, 4> fields = {{{"api_key", json_kind::text, true},
                                               {"scopes", json_kind::texts},
                                               {"cost", json_kind::integer},
                                               {"metadata", json_kind::object}}};

std::string nested(int depth) {
    return depth == 0 ? "1" : R"({"a":)" + nested(depth - 1) + "}";
}

bool within(std::string_view view, const std::string& text) {
    return view.data() >= text.data() && view.data() + view.size() <= text.data() + text.size();
}

} // namespace

BOOST_AUTO_TEST_SUITE(json_body)

BOOST_AUTO_TEST_CASE(reads_every_kind_of_field) {
    latchkey::http::json_body body;
    const auto text = R"( {"api_key" : "abc", "scopes":["a","b"], "cost": -3,
                          "metadata":{"a":[1,2.50,{"b":null}],"c":true,"d":12345678901234567890}} )"s;
    BOOST_REQUIRE(!body.read(text, fields));
    BOOST_TEST(body[api_key].text == "abc");
    BOOST_TEST(within(body[api_key].text, text));
    BOOST_TEST(body[scopes].texts.size() == 2u);
    BOOST_TEST(body[scopes].texts[1] == "b");
    BOOST_TEST(body[cost].integer == -3);
    BOOST_TEST(body[metadata].text ==
               R"({"a":[1,2.50,{"b":null}],"c":true,"d":12345678901234567890})");
}

BOOST_AUTO_TEST_CASE(forgets_the_last_body) {
    latchkey::http::json_body body;
    BOOST_REQUIRE(!body.read(R"({"api_key":"a","scopes":["x"],"cost":1})", fields));
    BOOST_REQUIRE(!body.read(R"({"api_key":"b"})", fields));
    BOOST_TEST(!body[scopes].present);
    BOOST_TEST(body[scopes].texts.empty());
    BOOST_TEST(!body[cost].present);
    BOOST_TEST(body.read("{", fields).has_value());
    BOOST_TEST(!body.read(R"({"api_key":"c"})", fields));
    BOOST_TEST(body[api_key].text == "c");
}

BOOST_AUTO_TEST_CASE(null_is_not_sent_where_nothing_is_required) {
    latchkey::http::json_body body;
    BOOST_REQUIRE(!body.read(R"({"api_key":"a","scopes":["x"],"cost":1,"metadata":{}})", fields));
    const auto all = R"({"scopes":null,"cost": null ,"metadata":null,"api_key":"b"})";
    for (int round = 0; round < 2; ++round) {
        BOOST_REQUIRE(!body.read(all, fields));
        BOOST_TEST(body[api_key].text == "b");
        for (const auto field : {scopes, cost, metadata}) {
            BOOST_TEST(!body[field].present);
            BOOST_TEST(body[field].null);
        }
        BOOST_TEST(body[scopes].texts.empty());
        BOOST_TEST(body[cost].integer == 0);
        BOOST_TEST(body[metadata].text == "");
    }
    BOOST_REQUIRE(!body.read(R"({"api_key":"c","cost":2,"metadata":{"a":null}})", fields));
    BOOST_TEST(!body[scopes].null);
    BOOST_TEST(!body[cost].null);
    BOOST_TEST(body[cost].integer == 2);
    BOOST_TEST(body[metadata].text == R"({"a":null})");
}

BOOST_AUTO_TEST_CASE(unescapes) {
    latchkey::http::json_body body;
    BOOST_REQUIRE(!body.read(
        R"({"api\u005fkey":"a\n\u00e9\ud83d\ude00\u0000","scopes":["\"","x\\y"]})", fields));
    BOOST_TEST(body[api_key].text == "a\n\xc3\xa9\xf0\x9f\x98\x80\0"s);
    BOOST_TEST(body[scopes].texts[0] == "\"");
    BOOST_TEST(body[scopes].texts[1] == "x\\y");
}

BOOST_AUTO_TEST_CASE(reads_long_texts_whole) {
    latchkey::http::json_body body;
    const auto plain = std::string(20000, 'k');
    BOOST_REQUIRE(!body.read("{\"api_key\":\"" + plain + "\"}", fields));
    std::string escaped;
    for (int i = 0; i < 5000; ++i)
        escaped += "k\\u0041";
    BOOST_REQUIRE(!body.read("{\"api_key\":\"" + escaped + "\"}", fields));
    BOOST_TEST(body[api_key].text.size() == 10000u);
    BOOST_TEST(body[api_key].text.substr(9998) == "kA");
}

BOOST_AUTO_TEST_CASE(refuses_with_what_and_where) {
    struct {
        const char* name;
        std::string text;
        const char* says;
    } const cases[] = {
        {"nothing", "", "not JSON"},
        {"half", R"({"api_key":"a")", "not JSON"},
        {"two", R"({"api_key":"a"}{})", "extra data"},
        {"trailing text", R"({"api_key":"a"} x)", "at byte 17 of 17"},
        {"a trailing comma", R"({"api_key":"a",})", "not JSON"},
        {"single quotes", R"({'api_key':'a'})", "not JSON"},
        {"a comment", R"({"api_key":"a"/**/})", "not JSON"},
        {"invalid UTF-8", "{\"api_key\":\"\xff\"}", "not JSON"},
        {"an overlong form", "{\"api_key\":\"\xc0\xaf\"}", "not JSON"},
        {"half a surrogate pair", R"({"api_key":"\ud800"})", "not JSON"},
        {"a raw line feed", "{\"api_key\":\"a\nb\"}", "not JSON"},
        {"binary", "\x00\x01\x02"s, "not JSON"},
        {"a byte order mark", "\xef\xbb\xbf{}", "not JSON"},
        {"an array", R"(["a"])", "must be a JSON object"},
        {"a string", R"("a")", "must be a JSON object"},
        {"a number", "1", "must be a JSON object"},
        {"null", "null", "must be a JSON object"},
        {"too deep", R"({"metadata":)" + nested(20), "not JSON"},
        {"missing", "{}", "\"api_key\" is missing"},
        {"twice", R"({"api_key":"a","api_key":"b"})", "\"api_key\" is there twice"},
        {"twice by escape", R"({"api_key":"a","api\u005fkey":"b"})", "\"api_key\" is there twice"},
        {"a typo", R"({"api_kye":"a"})", "did you mean \"api_key\"?"},
        {"a number for a text", R"({"api_key":1})", "\"api_key\" must be a string"},
        {"null for a text", R"({"api_key":null})", "\"api_key\" must be a string"},
        {"an object for a text", R"({"api_key":{}})", "\"api_key\" must be a string"},
        {"a list for a text", R"({"api_key":["a"]})", "\"api_key\" must be a string"},
        {"a text for a list", R"({"scopes":"a"})", "\"scopes\" must be an array of strings"},
        {"a number in a list", R"({"scopes":["a",1]})", "\"scopes\" must be an array of strings"},
        {"a list in a list", R"({"scopes":[["a"]]})", "\"scopes\" must be an array of strings"},
        {"an object in a list", R"({"scopes":[{}]})", "\"scopes\" must be an array of strings"},
        {"null for a text, twice", R"({"api_key":"a","scopes":null,"scopes":null})",
         "\"scopes\" is there twice"},
        {"null and a value", R"({"api_key":"a","scopes":null,"scopes":["a"]})",
         "\"scopes\" is there twice"},
        {"a value and null", R"({"api_key":"a","cost":1,"cost":null})", "\"cost\" is there twice"},
        {"null for an unknown name", R"({"api_key":"a","scope":null})", "did you mean \"scopes\"?"},
        {"null behind a text in a list", R"({"api_key":"a","scopes":["a",null]})",
         "\"scopes\" must be an array of strings"},
        {"null in a list", R"({"scopes":[null]})", "\"scopes\" must be an array of strings"},
        {"a fraction", R"({"cost":1.5})", "\"cost\" must be an integer"},
        {"an exponent", R"({"cost":1e2})", "\"cost\" must be an integer"},
        {"a huge number", R"({"cost":123456789012345678901})", "\"cost\" must be an integer"},
        {"a number as text", R"({"cost":"1"})", "\"cost\" must be an integer"},
        {"a bool", R"({"cost":true})", "\"cost\" must be an integer"},
        {"a text for an object", R"({"metadata":"a"})", "\"metadata\" must be an object"},
        {"a list for an object", R"({"metadata":[]})", "\"metadata\" must be an object"},
    };
    latchkey::http::json_body body;
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.name) {
            const auto why = body.read(c.text, fields);
            BOOST_REQUIRE(why.has_value());
            BOOST_TEST(why->status == 400);
            BOOST_TEST_INFO(why->detail);
            BOOST_TEST(why->detail.find(c.says) != std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(does_not_repeat_a_name_that_may_be_a_secret) {
    latchkey::http::json_body body;
    const auto why = body.read(R"({"lk_live_CanarySecretCanarySecretCanary":1})", fields);
    BOOST_REQUIRE(why.has_value());
    BOOST_TEST(why->detail.find("Canary") == std::string::npos);
    BOOST_TEST(why->detail.find("api_key, scopes, cost, metadata") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_list_of_objects_is_kept_one_by_one) {
    static constexpr std::array<latchkey::http::json_field, 2> lists = {
        {{"items", latchkey::http::json_kind::objects},
         {"texts", latchkey::http::json_kind::texts}}};
    latchkey::http::json_body body;
    const auto good = body.read(
        R"({"items": [ {"a": [1, "x\n", {}], "b": {"c": null}}, {} ,{"d":true}], "texts": ["t"]})",
        lists);
    BOOST_TEST(!good.has_value());
    const std::vector<std::string_view> expected = {R"({"a":[1,"x\n",{}],"b":{"c":null}})", "{}",
                                                    R"({"d":true})"};
    BOOST_TEST(body[0].texts == expected, boost::test_tools::per_element());
    BOOST_TEST(body[1].texts.at(0) == "t");
    for (const char* bad : {R"({"items":{}})", R"({"items":[1]})", R"({"items":["a"]})",
                            R"({"items":[[]]})", R"({"items":[null]})", R"({"items":"a"})"}) {
        BOOST_TEST_CONTEXT(bad) {
            const auto why = body.read(bad, lists);
            BOOST_REQUIRE(why.has_value());
            BOOST_TEST(why->detail == "field \"items\" must be an array of objects");
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

#include "server/cli/json_slice.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey::server;

BOOST_AUTO_TEST_SUITE(json_slice)

BOOST_AUTO_TEST_CASE(a_member_is_found_as_it_was_written) {
    struct {
        const char* object;
        const char* value;
    } const cases[] = {
        {R"({"a":1})", "1"},
        {R"({"b":2,"a":2.50})", "2.50"},
        {R"( { "b" : "\"a\":3" , "a" : [ 1, "]" ] } )", R"([ 1, "]" ])"},
        {R"({"b":{"a":1,"c":[{}]},"a":{"x":"}\\"}})", R"({"x":"}\\"})"},
        {R"({"a":null,"b":1})", "null"},
        {R"({"b":true ,"a":"x"})", R"("x")"},
        {R"({"b":{"a":1}})", ""},
        {R"({"aa":1})", ""},
        {"{}", ""},
        {"{ }", ""},
        {"", ""},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.object) {
            BOOST_TEST(member_text(c.object, "a") == c.value);
        }
}

BOOST_AUTO_TEST_CASE(elements_are_what_is_between_the_brackets) {
    BOOST_TEST(elements_text("[1, [2]]") == "1, [2]");
    BOOST_TEST(elements_text("[ ]") == "");
    BOOST_TEST(elements_text("[]") == "");
    BOOST_TEST(elements_text("") == "");
    BOOST_TEST(elements_text("[ {\"a\":1} ]") == "{\"a\":1}");
}

BOOST_AUTO_TEST_CASE(elements_are_told_apart_as_they_were_written) {
    using texts = std::vector<std::string_view>;
    struct {
        const char* array;
        texts elements;
    } const cases[] = {
        {R"([{"a":[1,2],"b":"},{\\"},{"n":2.50}])",
         {R"({"a":[1,2],"b":"},{\\"})", R"({"n":2.50})"}},
        {R"([ "\"," , [ ] ,1e400, null ])", {R"("\",")", "[ ]", "1e400", "null"}},
        {"[]", {}},
        {"", {}},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.array) {
            BOOST_TEST(elements_of(c.array) == c.elements, boost::test_tools::per_element());
        }
}

BOOST_AUTO_TEST_SUITE_END()

#include "server/cli/table.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

using namespace latchkey::server;

BOOST_AUTO_TEST_SUITE(table)

BOOST_AUTO_TEST_CASE(aligns_columns_below_a_header) {
    struct {
        const char* json;
        const char* shown;
    } const cases[] = {
        {R"([{"id":"a","count":10},{"id":"long one","count":1}])", "id        count\n"
                                                                   "a         10\n"
                                                                   "long one  1\n"},
        // Another member adds a column; a missing value is "-".
        {R"([{"a":1},{"b":"x","a":2}])", "a  b\n"
                                         "1  -\n"
                                         "2  x\n"},
        // Widths count characters, not bytes.
        {R"([{"name":"Größe","n":1},{"name":"size.","n":2}])", "name   n\n"
                                                               "Größe  1\n"
                                                               "size.  2\n"},
        {R"([{"a":"","b":null,"c":[]},{"a":"x","b":true,"c":["y","z"]}])", "a  b     c\n"
                                                                           "-  -     -\n"
                                                                           "x  true  y, z\n"},
        {R"([{"a":{"b":[1,2]},"c":1}])", "a            c\n"
                                         "{\"b\":[1,2]}  1\n"},
        {R"([{"a":0.5,"b":-1.25},{"a":60,"b":1e300}])", "a    b\n"
                                                        "0.5  -1.25\n"
                                                        "60   1e+300\n"},
        {R"([1,{"a":1}])", "a\n-\n1\n"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.json) {
            BOOST_TEST(table_of(boost::json::parse(c.json).as_array()) == c.shown);
        }
}

BOOST_AUTO_TEST_CASE(a_value_stays_on_its_line) {
    const auto rows = boost::json::parse(R"([{"a":"x\ny\u001b[2J\u007f","b":["c\td"]}])");
    BOOST_TEST(table_of(rows.as_array()) == "a                        b\n"
                                            "x\\u000ay\\u001b[2J\\u007f  c\\u0009d\n");
}

BOOST_AUTO_TEST_SUITE_END()

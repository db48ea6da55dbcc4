#include "server/cli/table.hpp"

#include <latchkey/core/text/rfc3339.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <sstream>

using namespace latchkey;
using namespace latchkey::server;

namespace {

const auto now = core::parse_rfc3339("2027-01-01T00:00:00Z").value();

// Prints each page as one JSON array.
std::string printed(const std::vector<const char*>& pages, terminal_traits terminal,
                    std::vector<column> columns = {}) {
    std::ostringstream out;
    const auto first = boost::json::parse(pages.front());
    if (columns.empty()) columns = columns_of(first.as_array());
    table_printer table(out, terminal, now, columns);
    for (const auto* page : pages)
        table.print(boost::json::parse(page).as_array());
    return out.str();
}

constexpr terminal_traits terminal = {.out = true};
constexpr terminal_traits coloured = {.out = true, .colour = true};

} // namespace

BOOST_AUTO_TEST_SUITE(table)

BOOST_AUTO_TEST_CASE(a_terminal_gets_columns_aligned_below_a_header) {
    struct {
        const char* json;
        const char* shown;
    } const cases[] = {
        {R"([{"id":"a","count":10},{"id":"long one","count":1}])", "ID        COUNT\n"
                                                                   "a         10\n"
                                                                   "long one  1\n"},
        // Another member adds a column; a missing value is "-".
        {R"([{"a":1},{"b":"x","a":2}])", "A  B\n"
                                         "1  -\n"
                                         "2  x\n"},
        // Widths count characters, not bytes.
        {R"([{"name":"Größe","n":1},{"name":"size.","n":2}])", "NAME   N\n"
                                                               "Größe  1\n"
                                                               "size.  2\n"},
        {R"([{"a":"","b":null,"c":[]},{"a":"x","b":true,"c":["y","z"]}])", "A  B     C\n"
                                                                           "-  -     -\n"
                                                                           "x  true  y, z\n"},
        {R"([{"a":{"b":[1,2]},"c":1}])", "A            C\n"
                                         "{\"b\":[1,2]}  1\n"},
        {R"([{"a":0.5,"b":-1.25},{"a":60,"b":1e300}])", "A    B\n"
                                                        "0.5  -1.25\n"
                                                        "60   1e+300\n"},
        {R"([1,{"a":1}])", "A\n-\n1\n"},
        {R"([{"last_used_at":"2026-12-31T21:00:00Z","expires_at":"2027-01-13T00:00:00.5Z",)"
         R"("name":"2026-12-31T21:00:00Z"}])",
         "LAST USED  EXPIRES  NAME\n"
         "3 h ago    in 12 d  2026-12-31T21:00:00Z\n"},
        {R"([{"created_at":null,"fences_at":"soon"}])", "CREATED  FENCES\n-        soon\n"},
        {R"([{"actor":{"kind":"socket","uid":0,"gid":0,"pid":9}}])", "ACTOR\nsocket, uid 0\n"},
        {R"([{"actor":{"kind":"api_key","key_id":"key_1","name":"ops"}}])", "ACTOR\napi_key ops\n"},
        {R"([{"actor":{"kind":"sql","role":"app"}},{"actor":{}},{"actor":null}])",
         "ACTOR\nsql app\n-\n-\n"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.json) {
            BOOST_TEST(printed({c.json}, terminal) == c.shown);
        }
}

BOOST_AUTO_TEST_CASE(what_is_no_terminal_gets_the_same_columns_always) {
    const std::vector<column> columns = {{"id", true}, {"note"}, {"created_at", true}};
    BOOST_TEST(printed({R"([{"created_at":"2026-12-31T21:00:00Z","id":"a b","more":1}])",
                        R"([{"id":"c\td","note":"n"}])"},
                       {}, columns) == "id\tnote\tcreated_at\n"
                                       "a b\t-\t2026-12-31T21:00:00Z\n"
                                       "c\\u0009d\tn\t-\n");
    BOOST_TEST(printed({R"([{"id":"a","note":"n","created_at":"2026-12-31T21:00:00Z"}])"}, terminal,
                       columns) == "ID  CREATED\n"
                                   "a   3 h ago\n");
}

BOOST_AUTO_TEST_CASE(the_first_page_gives_the_widths) {
    BOOST_TEST(printed({R"([{"a":"xx","b":1}])", R"([{"a":"xxxx","b":2},{"a":"y","b":3}])"},
                       terminal) == "A   B\nxx  1\nxxxx  2\ny   3\n");
}

BOOST_AUTO_TEST_CASE(a_long_text_is_shortened_for_a_terminal) {
    const auto long_one = R"([{"a":")" + std::string(60, 'x') + R"(","b":1}])";
    BOOST_TEST(printed({long_one.c_str()}, terminal) ==
               "A" + std::string(49, ' ') + "B\n" + std::string(47, 'x') + "\u2026  1\n");
    BOOST_TEST(printed({long_one.c_str()}, {}) == "a\tb\n" + std::string(60, 'x') + "\t1\n");
}

BOOST_AUTO_TEST_CASE(states_are_coloured_where_colours_are_wanted) {
    const auto* rows = R"([{"state":"active","name":"active"},{"state":"revoked","name":"x"}])";
    BOOST_TEST(printed({rows}, coloured) == "\x1b[1mSTATE\x1b[0m    \x1b[1mNAME\x1b[0m\n"
                                            "\x1b[32mactive\x1b[0m   active\n"
                                            "\x1b[31mrevoked\x1b[0m  x\n");
    BOOST_TEST(printed({rows}, terminal).find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(members_of_members_are_columns) {
    BOOST_TEST(printed({R"([{"a":{"b":{"c":1}}},{"a":1},{"a.b.c":2}])"}, {}, {{"a.b.c", true}}) ==
               "a.b.c\n1\n-\n2\n");
}

BOOST_AUTO_TEST_CASE(a_value_stays_on_its_line) {
    const auto* rows = R"([{"a":"x\ny\u001b[2J\u007f","b":["c\td"]}])";
    BOOST_TEST(printed({rows}, coloured) ==
               "\x1b[1mA\x1b[0m                        \x1b[1mB\x1b[0m\n"
               "x\\u000ay\\u001b[2J\\u007f  c\\u0009d\n");
}

BOOST_AUTO_TEST_SUITE_END()

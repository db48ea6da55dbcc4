#include <latchkey/http/accept.hpp>
#include <latchkey/http/field_values.hpp>

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using range = http::media_weight::range;

BOOST_TEST_DONT_PRINT_LOG_VALUE(range)

BOOST_AUTO_TEST_SUITE(accept)

// RFC 9110, section 12.5.1.
BOOST_AUTO_TEST_CASE(the_closest_range_counts) {
    constexpr http::media_form form{"text", "plain", "0.0.4"};
    struct {
        const char* accept;
        int weight;
        range by;
    } const cases[] = {
        {"", 0, range::none},
        {" , ,", 0, range::none},
        {"text/plain", 1000, range::subtype},
        {"TEXT/Plain", 1000, range::subtype},
        {"text/plain;q=0.3", 300, range::subtype},
        {"text/plain ; q=0.001", 1, range::subtype},
        {"text/plain;Q=0.5", 500, range::subtype},
        {"text/plain;q=0", 0, range::subtype},
        {"text/plain;q=0.000", 0, range::subtype},
        {"text/plain;q=1.000", 1000, range::subtype},
        {"text/plain;q=1.001", 0, range::subtype},
        {"text/plain;q=0.1234", 0, range::subtype},
        {"text/plain;q=much", 0, range::subtype},
        {"text/plain;q=", 0, range::subtype},
        {"text/plain;version=0.0.4;q=0.5", 500, range::version},
        {"text/plain;q=0.5;version=0.0.4", 500, range::version},
        {"text/plain;version=\"0.0.4\"", 1000, range::version},
        {"text/plain;version=1.0.0", 0, range::none},
        {"text/plain;version=1.0.0;q=0.9,text/plain;version=0.0.4;q=0.2", 200, range::version},
        {"text/plain;charset=utf-8;q=0.7", 700, range::subtype},
        {"text/plain;a=\"x,y;q=0.1\";q=0.4", 400, range::subtype},
        {"text/plain;a=\"\\\"\";q=0.4", 400, range::subtype},
        {"text/plain;a=\"x, */*;q=0.9", 1000, range::subtype},
        {"text/*", 1000, range::type},
        {"text/*;q=0.2", 200, range::type},
        {"*/*;q=0.1", 100, range::any},
        {"*/plain", 0, range::none},
        {"*", 0, range::none},
        {"text", 0, range::none},
        {"text/plainer", 0, range::none},
        {"application/*", 0, range::none},
        {"*/*, text/*;q=0.5, text/plain;q=0.2", 200, range::subtype},
        {"text/plain;q=0.2, */*, text/*;q=0.5", 200, range::subtype},
        {"text/plain;q=0.2, text/plain;q=0.6", 600, range::subtype},
    };
    for (const auto& c : cases) {
        BOOST_TEST_CONTEXT(c.accept) {
            const auto got = http::weigh(c.accept, form);
            BOOST_TEST(got.thousandths == c.weight);
            BOOST_TEST(got.by == c.by);
        }
    }
}

BOOST_AUTO_TEST_CASE(openmetrics_or_text) {
    struct {
        const char* accept;
        bool openmetrics;
    } const cases[] = {
        {"", false},
        {"*/*", false},
        {"text/plain", false},
        {"application/json", false},
        {"application/openmetrics-text", true},
        {"application/openmetrics-text; version=1.0.0; charset=utf-8", true},
        {"application/openmetrics-text;q=0.3", true},
        {"application/openmetrics-text;q=0", false},
        {"application/openmetrics-text;q=0, */*", false},
        {"application/openmetrics-text; version=1.0.0; q=0.0", false},
        {"application/openmetrics-text; version=1.0.0,text/plain;q=0.5", true},
        {"text/plain;q=0.5, application/openmetrics-text; version=1.0.0", true},
        {"text/plain, application/openmetrics-text;q=0.3", false},
        {"application/openmetrics-text;q=0.3, text/plain", false},
        {"application/openmetrics-text;q=0.5, text/plain;q=0.5", true},
        {"text/plain, application/openmetrics-text", true},
        {"application/openmetrics-text, */*", true},
        {"application/openmetrics-text;q=0.5, */*", false},
        {"application/openmetrics-text;q=0.5, */*;q=0.4", true},
        {"application/*", true},
        {"application/*;q=0.2, text/*;q=0.1", true},
        {"application/*, text/*", false},
        {"text/plain;q=0, */*;q=0.1", true},
        {"application/openmetrics-text; version=0.0.1", false},
        {"application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         false},
        // What Prometheus 2.42 and 3 send.
        {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q="
         "0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
         true},
        {"text/plain;version=0.0.4;q=1,*/*;q=0.1", false},
        {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
         "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping="
         "allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
         true},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.accept)
    BOOST_TEST(http::prefers_openmetrics(c.accept) == c.openmetrics);
}

BOOST_AUTO_TEST_CASE(html_is_for_browsers) {
    const struct {
        std::string_view accept;
        bool html;
    } cases[] = {
        {"", false},
        {"*/*", false},
        {"application/json", false},
        {"text/html", true},
        {"TEXT/HTML; charset=utf-8", true},
        {"text/*", true},
        {"text/html;q=0", false},
        {"text/html;q=0.1", true},
        {"text/html;q=0.9, application/json", false},
        {"text/html, application/json;q=0.9", true},
        {"text/html, application/json", false},
        {"application/json;q=0.2, text/html;q=0.2", false},
        {"text/html, */*", true},
        {"text/html, application/*", true},
        {"text/*, application/*", false},
        {"text/*, */*", true},
        {"text/html;q=0.5, */*", false},
        {"text/html;q=0, */*", false},
        {"application/json;q=0, */*;q=0.1", true},
        {"application/json;q=0, text/html;q=0", false},
        {"image/png", false},
        {"text/html;q=2", false},
        // Firefox, Chromium, Safari; curl, axios, Go's and Python's clients.
        {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
         true},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,"
         "*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
         true},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true},
        {"application/json, text/plain, */*", false},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.accept)
    BOOST_TEST(http::prefers_html(c.accept) == c.html);
}

BOOST_AUTO_TEST_CASE(the_lines_of_a_field_are_one_list) {
    constexpr std::string_view lines = "Host: a\r\nACCEPT: a/b;q=0.1\r\nX-Accept: no\r\n"
                                       "Accept:\t\r\naccept:c/d \t\r\nAcceptable: no\r\n";
    BOOST_TEST(http::list_of(lines, "accept") == "a/b;q=0.1, , c/d");
    BOOST_TEST(http::list_of(lines, "host") == "a");
    BOOST_TEST(http::list_of(lines, "cookie") == "");
    BOOST_TEST(http::list_of("", "accept") == "");
}

BOOST_AUTO_TEST_SUITE_END()

#include <latchkey/core/text/json_object.hpp>
#include <latchkey/core/text/json_text.hpp>
#include <latchkey/core/text/nearest_name.hpp>
#include <latchkey/core/text/rfc3339.hpp>
#include <latchkey/core/text/text_writer.hpp>

#include <boost/test/unit_test.hpp>

#include <array>
#include <span>

using namespace latchkey;
using namespace std::chrono_literals;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(texts)

BOOST_AUTO_TEST_CASE(json_strings) {
    struct {
        std::string text;
        const char* json;
    } const cases[] = {
        {"", R"("")"},
        {"plain", R"("plain")"},
        {"q\"b\\", R"("q\"b\\")"},
        {"\n\r\t\x01\x1f\0"s, R"("\n\r\t\u0001\u001f\u0000")"},
        {"\x7f", "\"\x7f\""},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {"\xff", "\"\xef\xbf\xbd\""},
        {"a\xc3", "\"a\xef\xbf\xbd\""},
        {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},                 // overlong
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, // a surrogate
        {"\xf4\x90\x80\x80",
         "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, // past U+10FFFF
    };
    for (const auto& c : cases) {
        std::string out;
        core::append_json_string(out, c.text);
        BOOST_TEST(out == c.json);
    }
}

BOOST_AUTO_TEST_CASE(times) {
    struct {
        core::real_time time;
        const char* json;
    } const cases[] = {
        {core::real_time(0s), R"("1970-01-01T00:00:00Z")"},
        {core::real_time(1'798'761'600s), R"("2027-01-01T00:00:00Z")"},
        {core::real_time(951'782'400s), R"("2000-02-29T00:00:00Z")"},
        {core::real_time(-1s), R"("1969-12-31T23:59:59Z")"},
        {core::real_time(1s) + 5ms, R"("1970-01-01T00:00:01.005000Z")"},
        {core::real_time(-1us), R"("1969-12-31T23:59:59.999999Z")"},
        {core::real_time(1s) + 999ns, R"("1970-01-01T00:00:01Z")"},
    };
    for (const auto& c : cases) {
        std::string out;
        core::append_rfc3339(out, c.time);
        BOOST_TEST(out == c.json);
        BOOST_TEST('"' + core::rfc3339_of(c.time) + '"' == c.json);
    }
    // The first and the last time of the clock lie within four-digit years, and nothing overflows.
    for (const auto t : {core::real_time::min(), core::real_time::max()}) {
        std::string out;
        core::append_rfc3339(out, t);
        BOOST_TEST(out.size() >= 22u);
        BOOST_TEST(out.ends_with("Z\""));
    }
}

BOOST_AUTO_TEST_CASE(compact_json) {
    std::string out;
    core::append_compact_json(out, "{ \"a b\" : [ 1 ,\t2.50,\n\"x \\\" y\\\\\" ] , \"c\":null }");
    BOOST_TEST(out == R"({"a b":[1,2.50,"x \" y\\"],"c":null})");
    // White space behind a quote is removed if an even number of backslashes stands before the
    // quote.
    out = ">";
    core::append_compact_json(out, R"(["\\" , "\\\" , " , "" , " "])");
    BOOST_TEST(out == R"(>["\\","\\\" , ",""," "])");
}

BOOST_AUTO_TEST_CASE(nearest_names) {
    constexpr std::array<std::string_view, 4> names = {"api_key", "scopes", "ip", "cost"};
    BOOST_TEST(core::nearest_name("api_kye", names) == "api_key");
    BOOST_TEST(core::nearest_name("apikey", names) == "api_key");
    BOOST_TEST(core::nearest_name("scope", names) == "scopes");
    BOOST_TEST(core::nearest_name("kost", names) == "cost");
    BOOST_TEST(core::nearest_name("something_else", names).empty());
    BOOST_TEST(core::nearest_name("", names).empty());
    BOOST_TEST(core::nearest_name(std::string(1000, 'a'), names).empty());
    BOOST_TEST(core::nearest_name("x", {}).empty());
}

BOOST_AUTO_TEST_CASE(times_are_read) {
    using namespace std::chrono_literals;
    const auto at = [](std::chrono::nanoseconds since) {
        return core::real_time(std::chrono::duration_cast<core::real_time::duration>(since));
    };
    struct {
        const char* text;
        std::optional<core::real_time> expected;
    } const cases[] = {
        {"2027-01-15T08:00:00Z", at(1'800'000'000s)},
        {"2027-01-15t08:00:00z", at(1'800'000'000s)},
        {"2027-01-15 08:00:00Z", at(1'800'000'000s)},
        {"2027-01-15T08:00:00.25Z", at(1'800'000'000s + 250ms)},
        {"2027-01-15T08:00:00.123456789Z", at(1'800'000'000s + 123'456'789ns)},
        {"2027-01-15T09:30:00+01:30", at(1'800'000'000s)},
        {"2027-01-15T06:30:00-01:30", at(1'800'000'000s)},
        {"2027-01-15T08:00:60Z", at(1'800'000'059s)},
        {"2028-02-29T00:00:00Z", at(1'835'395'200s)},
        {"2027-02-29T00:00:00Z", {}},
        {"2027-13-01T00:00:00Z", {}},
        {"2027-01-15T24:00:00Z", {}},
        {"2027-01-15T08:60:00Z", {}},
        {"2027-01-15T08:00:61Z", {}},
        {"2027-01-15T08:00:00", {}},
        {"2027-01-15T08:00:00.Z", {}},
        {"2027-01-15T08:00:00.1234567890Z", {}},
        {"2027-01-15T08:00:00+24:00", {}},
        {"2027-01-15T08:00:00+01:60", {}},
        {"2027-01-15T08:00:00ZZ", {}},
        {"2027-1-15T08:00:00Z", {}},
        {"9999-01-15T08:00:00Z", {}},
        {"2027-01-15", {}},
        {"", {}},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.text) {
            BOOST_TEST((core::parse_rfc3339(c.text) == c.expected));
        }
}

BOOST_AUTO_TEST_CASE(json_objects) {
    BOOST_TEST(core::json_object({}).text == "{}");
    const std::string name = "\xff\"";
    const std::vector<std::string> scopes = {"a", "b"};
    const std::optional<std::string> unset;
    const std::optional<core::real_time> set = core::real_time(1'800'000'000s);
    const auto twice = [](int n) { return core::json_value(2 * n); };
    const auto object = core::json_object(
        {{"name", name},
         {"literal", "x"},
         {"scopes", scopes},
         {"unset", unset},
         {"set", set},
         {"true", true},
         {"number", std::uint64_t{18'446'744'073'709'551'615u}},
         {"null", nullptr},
         {"foreign", core::compact_json(R"({ "n" : 1.10, "m":123456789012345678901 })")},
         {"list", core::json_array(std::vector<int>{1, 2}, twice)},
         {"empty", core::json_array(std::vector<int>{}, twice)}});
    BOOST_TEST(object.text == "{\"name\":\"\xef\xbf\xbd\\\"\",\"literal\":\"x\","
                              R"("scopes":["a","b"],"unset":null,"set":"2027-01-15T08:00:00Z",)"
                              R"("true":true,"number":18446744073709551615,"null":null,)"
                              R"("foreign":{"n":1.10,"m":123456789012345678901},)"
                              R"("list":[2,4],"empty":[]})");
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_left_out) {
    std::array<char, 12> room;
    core::text_writer whole(room);
    whole << "n=" << 1234567890u;
    BOOST_TEST(whole.written() == "n=1234567890");
    whole << "x" << 1u;
    BOOST_TEST(whole.written() == "n=1234567890");
    core::text_writer cut{std::span(room).first(4)};
    cut << "n=" << 123u << "abc";
    BOOST_TEST(cut.written() == "n=ab");
}

BOOST_AUTO_TEST_SUITE_END()

#include "api/batch/batch_scanner.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using subject = latchkey::api::batch_scanner;
using outcome = subject::outcome;
using namespace std::string_literals;

namespace {

struct scanned {
    std::vector<std::string> items;
    outcome how;
    std::string why;
};

scanned scan(std::string_view body, std::size_t bytes_at_once = 1000000) {
    subject s;
    s.begin(body);
    scanned out{};
    for (;;) {
        out.how = s.next(bytes_at_once);
        if (out.how == outcome::item) out.items.emplace_back(s.item());
        if (out.how == outcome::end || out.how == outcome::refused) break;
    }
    out.why = s.why().detail;
    BOOST_TEST((s.next(1) == out.how)); // and stays so
    return out;
}

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

} // namespace

BOOST_AUTO_TEST_SUITE(batch_scanner)

BOOST_AUTO_TEST_CASE(finds_the_items_whatever_the_slices) {
    const std::vector<std::string> items = {
        R"({"type":"api_key","api_key":"a"})",
        R"({})",
        R"([])",
        R"("a ] } , \" \\")",
        R"("\\")",
        R"({"a":"]}","b":[{"c":"\\\""}],"d":"\\\\"})",
        "-1.5e3",
        "true",
        "null",
        R"("")",
        "{\"\xc3\xa9\":\"\xf0\x9f\x98\x80\"}",
        nested(subject::depth_max),
    };
    std::string close = R"({"items":[)";
    std::string wide = " \r\n\t{ \"items\" \n:\t[ ";
    for (const auto& item : items) {
        close += (close.back() == '[' ? "" : ",") + item;
        wide += (item == items[0] ? "" : " , ") + item + " \n";
    }
    for (const auto& body : {close + "]}", wide + " ] } \n"})
        for (const std::size_t slice : {1u, 2u, 3u, 7u, 16u, 1000000u}) {
            BOOST_TEST_CONTEXT("in slices of " << slice) {
                const auto got = scan(body, slice);
                BOOST_TEST((got.how == outcome::end));
                BOOST_TEST(got.items == items, boost::test_tools::per_element());
            }
        }
}

BOOST_AUTO_TEST_CASE(no_items_are_none) {
    const auto got = scan(R"({"items":[]})");
    BOOST_TEST((got.how == outcome::end));
    BOOST_TEST(got.items.empty());
}

BOOST_AUTO_TEST_CASE(the_name_may_be_escaped) {
    BOOST_TEST((scan(R"({"\u0069tems":[1]})").how == outcome::end));
}

BOOST_AUTO_TEST_CASE(refuses_what_is_not_that) {
    struct {
        std::string body;
        const char* says;
    } const cases[] = {
        {"", "not JSON"},
        {"  ", "not JSON"},
        {"[]", "must be a JSON object"},
        {"7", "must be a JSON object"},
        {"{}", "is missing"},
        {"{ }", "is missing"},
        {"{", "not JSON"},
        {R"({"items")", "not JSON"},
        {R"({"items)", "not JSON"},
        {R"({"items"[1]})", "colon"},
        {R"({"items":{}})", "must be an array"},
        {R"({"items":"a"})", "must be an array"},
        {R"({"items":null})", "must be an array"},
        {R"({items:[]})", "not JSON"},
        {R"({"item":[1]})", "did you mean \"items\"?"},
        {R"({"secret-lk_live_x":[1]})", "a field is not known here"},
        {R"({"it\qems":[1]})", "not JSON"},
        {"{\"items\xff\":[1]}", "not JSON"},
        {R"({"items":[1],"items":[2]})", "twice"},
        {R"({"items":[1],"\u0069tems":[2]})", "twice"},
        {R"({"items":[1],"more":2})", "not known"},
        {R"({"items":[1],})", "not JSON"},
        {R"({"items":[1] 2})", "not JSON"},
        {R"({"items":[1)", "not JSON"},
        {R"({"items":[1,)", "not JSON"},
        {R"({"items":[,1]})", "not JSON"},
        {R"({"items":[1,]})", "not JSON"},
        {R"({"items":[1,,2]})", "not JSON"},
        {R"({"items":[1 2]})", "comma"},
        {R"({"items":[{} {}]})", "comma"},
        {R"({"items":[}]})", "not JSON"},
        {R"({"items":[{]}]})", "not JSON"},
        {R"({"items":[[}]]})", "not JSON"},
        {R"({"items":["abc]})", "not JSON"},
        {R"({"items":["abc\"]})", "not JSON"},
        {R"({"items":[{"a":"b]})", "not JSON"},
        {R"({"items":[)" + nested(subject::depth_max + 1) + "]}", "not JSON"},
        {R"({"items":[1]}})", "not JSON"},
        {R"({"items":[1]} x)", "not JSON"},
        {"{\"items\":[1]}\0"s, "not JSON"},
    };
    for (const auto& c : cases)
        for (const std::size_t slice : {1u, 1000u}) {
            BOOST_TEST_CONTEXT(c.body << " in slices of " << slice) {
                const auto got = scan(c.body, slice);
                BOOST_TEST((got.how == outcome::refused));
                BOOST_TEST_INFO(got.why);
                BOOST_TEST(got.why.find(c.says) != std::string::npos);
                BOOST_TEST(got.why.find("lk_live") == std::string::npos);
            }
        }
}

BOOST_AUTO_TEST_CASE(looks_at_no_more_than_it_may) {
    const auto body = R"({"items":[")" + std::string(1000, 'a') + R"("]})";
    subject s;
    s.begin(body);
    for (int i = 0; i < 10; ++i)
        BOOST_TEST((s.next(100) == outcome::partial));
    BOOST_TEST((s.next(100) == outcome::item));
}

// Also after a body that was left half-way, as a refused batch leaves it.
BOOST_AUTO_TEST_CASE(begins_anew) {
    subject s;
    for (const auto half :
         {R"({"items":["a)", R"({"items":[[[{"a":)", R"({"items":[1],"items")", "x"}) {
        s.begin(half);
        BOOST_TEST((s.next(3) != outcome::end));
        s.next(1000);
        s.next(1000);
        s.begin(R"({"items":[{}]})");
        BOOST_TEST(s.why().detail == "");
        BOOST_TEST((s.next(1000) == outcome::item));
        BOOST_TEST(s.item() == "{}");
        BOOST_TEST((s.next(1000) == outcome::end));
    }
}

BOOST_AUTO_TEST_CASE(checks_whether_an_item_is_json) {
    const struct {
        std::string text;
        bool good;
    } cases[] = {
        {"{\"a\":[1,-2.5e3,true,null,\"\\u00e9 \xc3\xa9\"]}", true},
        {"7", true},
        {nested(subject::depth_max), true},
        {nested(subject::depth_max + 1), false},
        {"", false},
        {"tru", false},
        {"01", false},
        {"[1,]", false},
        {"[1 2]", false},
        {"{} {}", false},
        {"{\"a\":tru}", false},
        {"\"\xff\"", false},
        {R"("\q")", false},
        {R"("abc)", false},
    };
    subject s;
    for (const auto& c : cases)
        for (const std::size_t slice : {1u, 3u, 1000u}) {
            BOOST_TEST_CONTEXT(c.text << " in slices of " << slice) {
                s.begin_check(c.text);
                bool good = true;
                std::size_t calls = 0;
                for (; s.is_checking(); ++calls)
                    good = s.check(slice);
                BOOST_TEST(good == c.good);
                BOOST_TEST(calls <= c.text.size() / slice + 1);
            }
        }
}

BOOST_AUTO_TEST_SUITE_END()

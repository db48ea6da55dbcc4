// The items of a file of JSON: lines, or the elements of an array.
#include "server/cli/json_items.hpp"

#include <boost/test/unit_test.hpp>

#include <sstream>

namespace server = latchkey::server;

namespace {

// "number:text" of each, with "+" for one that is too long, and "|" between them.
std::string items_of(const std::string& file, std::size_t bytes_max = 100) {
    std::istringstream in(file);
    server::json_items items(in, bytes_max);
    std::string out;
    while (const auto one = items.next()) {
        out += (out.empty() ? "" : "|") + std::to_string(one->number) + ':' + one->text;
        if (one->too_long) out += '+';
    }
    return out + (items.is_cut_off() ? "!" : "");
}

} // namespace

BOOST_AUTO_TEST_SUITE(json_items)

BOOST_AUTO_TEST_CASE(one_table_of_files) {
    const struct {
        std::string file;
        const char* items;
    } cases[] = {
        {"", ""},
        {"\n \n", ""},
        {"{\"a\":1}\n{\"b\":2}", "1:{\"a\":1}|2:{\"b\":2}"},
        {"\n\n{\"a\":1}\r\n\nx\n", "3:{\"a\":1}\r|5:x"},
        {"[]", ""},
        {" [ ] ", ""},
        {"[{\"a\":1},{\"b\":[2,3]}]", "1:{\"a\":1}|2:{\"b\":[2,3]}"},
        {"[\n {\n \"a\": \"],}\\\"\" } ,\n{}\n]\n", "1:{  \"a\": \"],}\\\"\" } |2:{} "},
        {"[{\"a\":1},,5]", "1:{\"a\":1}|2:|3:5"},
        {"[{\"a\":1},{\"b\"", "1:{\"a\":1}|2:{\"b\"!"},
        {"[", "!"},
        {"[{},", "1:{}!"},
    };
    for (const auto& c : cases)
        BOOST_TEST_CONTEXT(c.file) BOOST_TEST(items_of(c.file) == c.items);
}

BOOST_AUTO_TEST_CASE(what_is_too_long_is_read_to_its_end) {
    BOOST_TEST(items_of("12345678\n{}", 5) == "1:12345+|2:{}");
    BOOST_TEST(items_of("12345\n{}", 5) == "1:12345|2:{}");
    BOOST_TEST(items_of("[{\"a\":\"long, ]\"},{}]", 5) == "1:{\"a\":+|2:{}");
}

BOOST_AUTO_TEST_SUITE_END()

#include "mix.hpp"
#include "fault.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(mix)

namespace {

std::string fault_of(const std::string& json) {
    try {
        load::read_mix(json);
    } catch (const load::fault& wrong) {
        return wrong.what();
    }
    return "none";
}

std::string with(const std::string& members) {
    return R"({"requests": [{"name": "a", "path": "/a"}, {"name": "b", "path": "/b", )" + members +
           "}]}";
}

} // namespace

BOOST_AUTO_TEST_CASE(everything_that_a_mix_can_say_is_read) {
    const auto read = load::read_mix(R"({"requests": [
        {"name": "hit", "weight": 85, "method": "PUT", "path": "/k/{n}", "headers": {"X-A": "b{n}"},
         "body": "key-{n}", "keys": {"distribution": "zipf", "first": 3, "count": 10000000, "exponent": 1.1},
         "expect": {"status": 201, "starts": "{\"id\":{n}", "contains": ["x", "\"{n}\""], "refused": [503, 429]}},
        {"name": "plain", "path": "/livez"}]}
)");
    BOOST_REQUIRE_EQUAL(read.size(), 2U);
    const auto& hit = read[0];
    BOOST_TEST(hit.name == "hit");
    BOOST_TEST(hit.weight == 85);
    BOOST_TEST(hit.method == "PUT");
    BOOST_TEST(hit.path == "/k/{n}");
    BOOST_REQUIRE_EQUAL(hit.headers.size(), 1U);
    BOOST_TEST(hit.headers[0].second == "b{n}");
    BOOST_TEST((hit.keys.distribution == load::key_range::law::zipf));
    BOOST_TEST(hit.keys.first == 3U);
    BOOST_TEST(hit.keys.count == 10'000'000U);
    BOOST_TEST(hit.keys.exponent == 1.1);
    BOOST_TEST(hit.expect.status == 201);
    BOOST_TEST(hit.expect.starts.is_numbered());
    BOOST_TEST(hit.expect.contains.size() == 2U);
    BOOST_TEST(hit.expect.refused == (std::vector{503, 429}));
    BOOST_TEST(read[1].method == "GET");
    BOOST_TEST(!read[1].has_body);
    BOOST_TEST(read[1].expect.status == 200);
    BOOST_TEST(
        load::read_mix(R"({"requests": [{"name": "a", "path": "/", "body": ""}]})")[0].method ==
        "POST");
}

BOOST_AUTO_TEST_CASE(a_fault_names_its_place_and_what_must_stand_there) {
    const struct {
        std::string json;
        std::string says;
    } rows[] = {
        {"", "line 1 is no JSON"},
        {"{\"requests\": [\n{\"name\": \"a\",\n]}", "line 3 is no JSON"},
        {"{} {}", "no JSON"},
        {"[]", "the mix must be an object, and is []"},
        {"{}", "the mix lacks the member \"requests\""},
        {R"({"requests": {}})", "the mix.requests must be an array, and is {}"},
        {R"({"requests": []})", "the mix.requests must be an array with at least one request"},
        {R"({"request": []})", "the mix has no member \"request\"; its members are requests"},
        {with(R"("weigth": 1)"),
         "the mix.requests[1] has no member \"weigth\"; its members are name, weight, method"},
        {with(R"("weight": 0)"),
         "the mix.requests[1].weight must be a number from 1e-09 to 1e+09, and is 0"},
        {with(R"("weight": "5")"),
         R"(the mix.requests[1].weight must be a number from 1e-09 to 1e+09, and is "5")"},
        {with(R"("method": "GET /")"), "the mix.requests[1].method must be a method, such as POST"},
        {with(R"("method": 1)"), "the mix.requests[1].method must be a text, and is 1"},
        {R"({"requests": [{"path": "/"}]})", "the mix.requests[0] lacks the member \"name\""},
        {R"({"requests": [{"name": "a"}]})", "the mix.requests[0] lacks the member \"path\""},
        {R"({"requests": [{"name": "a", "path": "a"}]})",
         "the mix.requests[0].path must be a path that begins with /"},
        {R"({"requests": [{"name": "a", "path": "/a b"}]})",
         "the mix.requests[0].path must be a path"},
        {R"({"requests": [{"name": "a", "path": "/"}, {"name": "a", "path": "/"}]})",
         "the mix.requests[1].name is the name of an earlier request, \"a\""},
        {with(R"("headers": [])"), "the mix.requests[1].headers must be an object"},
        {with(R"("headers": {"A b": "c"})"),
         "the mix.requests[1].headers.A b is no name of a header field"},
        {with(R"("headers": {"A": "b\r\nC: d"})"),
         "the mix.requests[1].headers.A must be one line"},
        {with(R"("headers": {"content-length": "5"})"),
         "the mix.requests[1].headers.content-length is written by the"},
        {with(R"("keys": {"distribution": "normal", "count": 5})"),
         R"(the mix.requests[1].keys.distribution must be "uniform", "zipf" or "sequence", and is "normal")"},
        {with(R"("keys": {"distribution": "zipf"})"),
         "the mix.requests[1].keys lacks the member \"count\""},
        {with(R"("keys": {"distribution": "zipf", "count": 0})"),
         "the mix.requests[1].keys.count must be a whole number from 1 to 9007199254740992, and is "
         "0"},
        {with(R"("keys": {"distribution": "zipf", "count": 1.5})"),
         "the mix.requests[1].keys.count must be a whole"},
        {with(R"("keys": {"distribution": "zipf", "count": 9, "exponent": -1})"),
         "the mix.requests[1].keys.exponent must be a number from 0.01 to 20"},
        {with(R"("keys": {"distribution": "uniform", "count": 9, "first": -1})"),
         "the mix.requests[1].keys.first must"},
        {with(R"("expect": {"status": 99})"),
         "the mix.requests[1].expect.status must be a whole number from 200 to 599"},
        {with(R"("expect": {"contains": "x"})"),
         "the mix.requests[1].expect.contains must be an array, and is \"x\""},
        {with(R"("expect": {"contains": ["x", 5]})"),
         "the mix.requests[1].expect.contains[1] must be a text, and is 5"},
        {with(R"("expect": {"refused": [503, "429"]})"),
         "the mix.requests[1].expect.refused[1] must be a whole number"},
        {with(R"("body": "{n}")"), "the mix.requests[1] uses {n} and lacks \"keys\""},
        {with(R"("expect": {"starts": "{n}"})"), "the mix.requests[1] uses {n} and lacks \"keys\""},
    };
    for (const auto& row : rows)
        BOOST_TEST_CONTEXT(row.json) {
            const auto says = fault_of(row.json);
            BOOST_TEST(says.find(row.says) != std::string::npos, "it says: " << says);
        }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_is_named) {
    BOOST_CHECK_EXCEPTION(
        load::read_mix_file("/nonexistent/mix.json"), load::fault, [](const load::fault& wrong) {
            return std::string(wrong.what()).find("/nonexistent/mix.json cannot be read") == 0;
        });
}

BOOST_AUTO_TEST_SUITE_END()

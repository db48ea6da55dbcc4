#include "checker.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(checker)

using load::verdict;

namespace {

const load::request_kind& kind() {
    static const auto read = load::read_mix(R"({"requests": [{"name": "hit", "path": "/{n}",
        "keys": {"distribution": "uniform", "count": 9},
        "expect": {"status": 200, "starts": "{\"valid\":true,\"key_id\":\"key_{n}\"", "contains": ["read", "\"{n}\""],
                   "refused": [503, 429]}}]})");
    return read.front();
}

} // namespace

BOOST_AUTO_TEST_CASE(one_table_of_answers) {
    const std::string right = R"({"valid":true,"key_id":"key_17","of":"17","scopes":"read"})";
    const struct {
        const char* what;
        int status;
        std::string body;
        verdict found;
        std::string says;
    } rows[] = {
        {"right", 200, right, verdict::right, ""},
        {"refused", 503, "", verdict::refused, ""},
        {"refused with a body that would be right", 429, right, verdict::refused, ""},
        {"another status", 500, right, verdict::wrong, "status 500 where 200 is expected"},
        {"another status that is good too", 204, "", verdict::wrong,
         "status 204 where 200 is expected; the body: (none)"},
        {"of another key", 200, R"({"valid":true,"key_id":"key_18","of":"17","scopes":"read"})",
         verdict::wrong, R"(a body that does not begin with {"valid":true,"key_id":"key_17")"},
        {"of a longer key", 200, R"({"valid":true,"key_id":"key_177","of":"17","scopes":"read"})",
         verdict::wrong, "does not begin with"},
        {"cut off", 200, R"({"valid":true,"key)", verdict::wrong, "does not begin with"},
        {"lacks a plain text", 200, R"({"valid":true,"key_id":"key_17","of":"17"})", verdict::wrong,
         "does not contain read"},
        {"lacks the number", 200, R"({"valid":true,"key_id":"key_17","of":"18","scopes":"read"})",
         verdict::wrong, R"(does not contain "17")"},
    };
    load::checker checks;
    for (const auto& row : rows)
        BOOST_TEST_CONTEXT(row.what) {
            BOOST_TEST((checks.judge(kind().expect, "17", row.status, row.body) == row.found));
            if (row.found != verdict::wrong) continue;
            const auto says = checks.explain(kind(), "17", row.status, row.body);
            BOOST_TEST(says.find("\"hit\" with n = 17") == 0U, says);
            BOOST_TEST(says.find(row.says) != std::string::npos, says);
        }
}

BOOST_AUTO_TEST_CASE(an_explanation_stays_short_and_printable) {
    load::checker checks;
    const auto says = checks.explain(kind(), "1", 500, "a\x1b[31m" + std::string(100'000, 'b'));
    BOOST_TEST(says.size() < 1000U);
    BOOST_TEST(says.find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

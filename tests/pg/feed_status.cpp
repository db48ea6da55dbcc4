#include "pg/feed/feed_status.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <string>
#include <vector>

using namespace latchkey;

namespace {

struct kept_log final : core::logger {
    void write(core::log_level, std::string_view message,
               std::span<const core::log_field>) noexcept override {
        lines.emplace_back(message);
    }
    std::vector<std::string> lines;
};

constexpr pg::statement first_statement{"first", "", 0};
constexpr pg::statement second_statement{"second", "", 0};

struct two_queries {
    static void ignore(const pg::query_failure&) {}
    std::string warning(bool is_silent = false, bool pooled = false) const {
        return pg::find_warning(beside, is_silent, pooled);
    }

    pg::feed_query first{first_statement, nullptr, ignore};
    pg::feed_query second{second_statement, nullptr, ignore};
    std::array<const pg::feed_query*, 2> beside{&first, &second};
    kept_log log;
    pg::feed_status status{log};
};

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(feed_status, two_queries)

BOOST_AUTO_TEST_CASE(the_worst_that_hampers_the_feed_is_told) {
    BOOST_TEST(warning() == "");
    BOOST_TEST(has(warning(true), "no notification arrives: "));
    BOOST_TEST(has(warning(true, true), "through the pooler"));
    first.failed({"42501", "permission denied"});
    BOOST_TEST(warning(true) == "the database refuses first: permission denied (SQLSTATE 42501)");
    second.failed({"25006", "read-only"});
    BOOST_TEST(has(warning(true), "takes no changes"));
    BOOST_TEST(has(warning(true), "read-only (SQLSTATE 25006)"));
}

BOOST_AUTO_TEST_CASE(a_problem_is_told_once_and_so_is_its_end) {
    BOOST_TEST(status.problem() == "the feed of changes has not been read yet");
    status.set_problem("why");
    status.set_problem("why");
    BOOST_TEST(status.problem() == "why");
    status.is_read();
    status.is_read();
    BOOST_TEST(status.problem() == "");
    BOOST_TEST(log.lines == (std::vector<std::string>{"the feed of changes cannot be read",
                                                      "the feed of changes is read"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_warning_is_told_once_and_so_is_its_end) {
    status.set_warning("");
    status.set_warning("why");
    status.set_warning("why");
    BOOST_TEST(status.warning() == "why");
    status.set_warning("");
    BOOST_TEST(log.lines == (std::vector<std::string>{"the feed of changes is hampered",
                                                      "the feed of changes is hampered no more"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

#include "server/process/node_checks.hpp"

#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

constexpr core::real_time noon{std::chrono::hours(12)};
constexpr core::boot_time boot{1000s};
constexpr auto day = std::chrono::hours(24);

std::string_view code_of(const api::check& c) {
    BOOST_TEST(c.good == c.code.empty());
    BOOST_TEST(c.good == c.detail.empty());
    return c.code;
}

} // namespace

BOOST_AUTO_TEST_SUITE(node_checks)

BOOST_AUTO_TEST_CASE(a_late_feed) {
    using server::feed_check;
    BOOST_TEST(code_of(feed_check(3s, 1s)) == "");
    BOOST_TEST(code_of(feed_check(3001ms, 1s)) == "FEED_LATE");
    BOOST_TEST(code_of(feed_check(14s, 5s)) == "");
    BOOST_TEST(code_of(feed_check(16s, 5s)) == "FEED_LATE");
}

BOOST_AUTO_TEST_CASE(clocks_apart_in_either_direction) {
    using server::clock_check;
    BOOST_TEST(code_of(clock_check(std::nullopt)) == "");
    for (const auto good : {0s, 5s, -5s})
        BOOST_TEST(code_of(clock_check(good)) == "");
    for (const auto bad : {6s, -6s})
        BOOST_TEST(code_of(clock_check(bad)) == "CLOCK_DIFFERS");
    BOOST_TEST(clock_check(6s).detail.find("6 s ahead") != std::string::npos);
    BOOST_TEST(clock_check(-3600s).detail.find("3600 s behind") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_certificate_two_weeks_before_its_end_and_past_it) {
    const auto at = [](auto left) { return code_of(server::certificate_check(noon + left, noon)); };
    BOOST_TEST(at(14 * day) == "");
    BOOST_TEST(at(14 * day - 1s) == "CERTIFICATE_ENDS_SOON");
    BOOST_TEST(at(1s) == "CERTIFICATE_ENDS_SOON");
    BOOST_TEST(at(0s) == "CERTIFICATE_EXPIRED");
    BOOST_TEST(at(-400 * day) == "CERTIFICATE_EXPIRED");
}

BOOST_AUTO_TEST_CASE(fullness_lasts_ten_seconds_and_a_lost_line_five_minutes) {
    using server::connections_check;
    BOOST_TEST(code_of(connections_check(std::nullopt, 8, boot)) == "");
    BOOST_TEST(code_of(connections_check(boot, 8, boot + 10s)) == "CONNECTIONS_FULL");
    BOOST_TEST(code_of(connections_check(boot, 8, boot + 11s)) == "");
    using server::log_check;
    const server::log_writer::loss lost{7, boot};
    BOOST_TEST(code_of(log_check(std::nullopt, boot)) == "");
    BOOST_TEST(code_of(log_check(lost, boot + 300s)) == "LOG_LINES_DROPPED");
    BOOST_TEST(log_check(lost, boot).count.value() == 7u);
    BOOST_TEST(code_of(log_check(lost, boot + 301s)) == "");
}

BOOST_AUTO_TEST_CASE(issuing) {
    BOOST_TEST(code_of(server::issuing_check("", true)) == "");
    BOOST_TEST(code_of(server::issuing_check("there is no key", false)) == "");
    BOOST_TEST(code_of(server::issuing_check("there is no key", true)) == "ISSUING_IMPOSSIBLE");
}

BOOST_AUTO_TEST_SUITE_END()

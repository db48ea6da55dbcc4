#include "histogram.hpp"
#include "random.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <functional>

BOOST_AUTO_TEST_SUITE(histogram)

using load::histogram;

BOOST_AUTO_TEST_CASE(a_bucket_is_at_most_a_thousandth_wide) {
    load::random_source random(1);
    for (int i = 0; i < 200'000; ++i) {
        const std::uint64_t value = random.next() >> (22 + random.below(42)); // below 2^42
        const double middle = histogram::middle_of(histogram::bucket_of(value));
        const double off = std::abs(middle - static_cast<double>(value));
        BOOST_REQUIRE_LE(off, 0.001 * static_cast<double>(value));
    }
}

BOOST_AUTO_TEST_CASE(buckets_follow_each_other_without_a_gap) {
    for (std::uint64_t value = 0; value < 100'000; ++value) {
        const auto step = histogram::bucket_of(value + 1) - histogram::bucket_of(value);
        BOOST_REQUIRE_LE(step, 1U);
        BOOST_REQUIRE(value >= 2047 || step == 1);
    }
}

BOOST_AUTO_TEST_CASE(percentiles_are_those_of_the_sorted_list) {
    load::random_source random(2);
    const struct {
        const char* name;
        std::function<double()> draw;
    } laws[] = {
        {"uniform", [&] { return random.part() * 1e7; }},
        {"exponential", [&] { return -std::log(1 - random.part()) * 3e5; }},
        {"heavy tail", [&] { return 1e4 / std::pow(1 - random.part(), 1.5); }},
        {"two humps", [&] { return random.part() < 0.9 ? 5e4 + random.part() * 1e3 : 4e7; }},
        {"one value", [&] { return 123456.0; }},
    };
    for (const auto& law : laws)
        BOOST_TEST_CONTEXT(law.name) {
            histogram seen;
            std::vector<std::uint64_t> sorted;
            double sum = 0;
            for (int i = 0; i < 50'000; ++i) {
                sorted.push_back(static_cast<std::uint64_t>(law.draw()));
                sum += static_cast<double>(sorted.back());
                seen.record(sorted.back());
            }
            std::ranges::sort(sorted);
            for (const double percent :
                 {0.0, 1.0, 25.0, 50.0, 90.0, 95.0, 99.0, 99.9, 99.99, 100.0}) {
                const auto rank =
                    static_cast<std::size_t>(std::max(1.0, std::ceil(percent * 500 - 1e-6)));
                BOOST_TEST_CONTEXT(percent)
                BOOST_TEST(seen.percentile(percent) == static_cast<double>(sorted[rank - 1]),
                           boost::test_tools::tolerance(0.001));
            }
            BOOST_TEST(seen.min() == sorted.front());
            BOOST_TEST(seen.max() == sorted.back());
            BOOST_TEST(seen.mean() == sum / 50'000, boost::test_tools::tolerance(1e-9));
        }
}

BOOST_AUTO_TEST_CASE(merged_ones_are_as_one_that_saw_all) {
    load::random_source random(3);
    histogram parts[3], whole;
    for (int i = 0; i < 30'000; ++i) {
        const auto value = random.below(50'000'000);
        parts[i % 3].record(value);
        whole.record(value);
    }
    histogram merged;
    for (const auto& part : parts)
        merged.add(part);
    BOOST_TEST(merged.count() == whole.count());
    BOOST_TEST(merged.min() == whole.min());
    BOOST_TEST(merged.max() == whole.max());
    for (double percent = 0; percent <= 100; percent += 0.5)
        BOOST_TEST(merged.percentile(percent) == whole.percentile(percent));
}

BOOST_AUTO_TEST_CASE(extremes) {
    histogram seen;
    BOOST_TEST(seen.count() == 0U);
    BOOST_TEST(seen.percentile(99) == 0);
    BOOST_TEST(seen.mean() == 0);
    BOOST_TEST(seen.curve().empty());
    seen.record(0);
    BOOST_TEST(seen.percentile(50) == 0);
    seen.record(UINT64_MAX); // more than it has buckets for
    BOOST_TEST(seen.count() == 2U);
    BOOST_TEST(seen.max() == UINT64_MAX);
    BOOST_TEST(seen.percentile(50) == 0);
    seen.clear();
    BOOST_TEST(seen.count() == 0U);
    BOOST_TEST(seen.max() == 0U);
}

BOOST_AUTO_TEST_CASE(a_curve_rises_to_the_maximum_and_reaches_into_the_tail) {
    histogram seen;
    for (std::uint64_t i = 1; i <= 100'000; ++i)
        seen.record(i * 1000);
    const auto curve = seen.curve();
    BOOST_TEST(curve.front().first == 0);
    BOOST_TEST(curve.back().first == 100);
    BOOST_TEST(curve.back().second == 1e8);
    BOOST_TEST(std::ranges::is_sorted(curve));
    BOOST_TEST(std::ranges::is_sorted(curve, {}, &std::pair<double, double>::second));
    BOOST_TEST(std::ranges::count_if(curve, [](const auto& point) { return point.first > 99.9; }) >
               20);
}

BOOST_AUTO_TEST_SUITE_END()

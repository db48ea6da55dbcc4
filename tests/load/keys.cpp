#include "keys.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <map>
#include <set>

BOOST_AUTO_TEST_SUITE(keys)

using load::key_draw;
using load::key_range;

namespace {

double harmonic(std::uint64_t count, double exponent) {
    double sum = 0;
    for (std::uint64_t k = count; k >= 1; --k)
        sum += std::pow(static_cast<double>(k), -exponent);
    return sum;
}

// Within five standard deviations of what a binomial law has.
bool is_likely(double seen, double draws, double probability) {
    return std::abs(seen - draws * probability) <=
           5 * std::sqrt(draws * probability * (1 - probability)) + 1;
}

} // namespace

BOOST_AUTO_TEST_CASE(zipf_draws_each_rank_as_often_as_the_law_says) {
    constexpr std::uint64_t count = 100;
    constexpr int draws = 1'000'000;
    for (const double exponent : {0.5, 0.99, 1.0, 1.5, 3.0})
        BOOST_TEST_CONTEXT("exponent " << exponent) {
            load::random_source random(11);
            key_draw draw({key_range::law::zipf, 1, count, exponent});
            std::map<std::uint64_t, int> seen;
            for (int i = 0; i < draws; ++i)
                ++seen[draw.next(random)];
            BOOST_TEST(seen.begin()->first >= 1U);
            BOOST_TEST(seen.rbegin()->first <= count);
            const double sum = harmonic(count, exponent);
            for (std::uint64_t k = 1; k <= count; ++k) {
                const double probability = std::pow(static_cast<double>(k), -exponent) / sum;
                BOOST_TEST_CONTEXT("rank " << k << " came " << seen[k] << " times")
                BOOST_TEST(is_likely(seen[k], draws, probability));
            }
        }
}

BOOST_AUTO_TEST_CASE(zipf_is_exact_for_ten_million_keys_too) {
    constexpr std::uint64_t count = 10'000'000;
    constexpr int draws = 500'000;
    load::random_source random(12);
    key_draw draw({key_range::law::zipf, 1, count, 0.99});
    int first = 0, first_thousand = 0, last_half = 0;
    for (int i = 0; i < draws; ++i) {
        const auto k = draw.next(random);
        BOOST_REQUIRE(k >= 1 && k <= count);
        first += k == 1;
        first_thousand += k <= 1000;
        last_half += k > count / 2;
    }
    const double sum = harmonic(count, 0.99);
    BOOST_TEST(is_likely(first, draws, 1 / sum));
    BOOST_TEST(is_likely(first_thousand, draws, harmonic(1000, 0.99) / sum));
    BOOST_TEST(is_likely(last_half, draws, 1 - harmonic(count / 2, 0.99) / sum));
}

BOOST_AUTO_TEST_CASE(zipf_of_one_key_is_that_key) {
    load::random_source random(13);
    key_draw draw({key_range::law::zipf, 42, 1, 0.99});
    for (int i = 0; i < 100; ++i)
        BOOST_REQUIRE_EQUAL(draw.next(random), 42U);
}

BOOST_AUTO_TEST_CASE(uniform_draws_every_key_equally) {
    load::random_source random(14);
    key_draw draw({key_range::law::uniform, 100, 50, 0});
    std::map<std::uint64_t, int> seen;
    for (int i = 0; i < 500'000; ++i)
        ++seen[draw.next(random)];
    BOOST_TEST(seen.size() == 50U);
    BOOST_TEST(seen.begin()->first == 100U);
    BOOST_TEST(seen.rbegin()->first == 149U);
    for (const auto& [key, times] : seen)
        BOOST_TEST(is_likely(times, 500'000, 0.02));
}

BOOST_AUTO_TEST_CASE(a_sequence_goes_round) {
    load::random_source random(15);
    key_draw draw({key_range::law::sequence, 5, 3, 0});
    for (const std::uint64_t expected : {5U, 6U, 7U, 5U, 6U, 7U, 5U})
        BOOST_TEST(draw.next(random) == expected);
}

BOOST_AUTO_TEST_CASE(threads_share_a_sequence) {
    load::random_source random(16);
    std::set<std::uint64_t> seen;
    for (std::uint64_t thread = 0; thread < 4; ++thread) {
        key_draw draw({key_range::law::sequence, 0, 1000, 0}, thread, 4);
        for (int i = 0; i < 250; ++i)
            BOOST_TEST(seen.insert(draw.next(random)).second);
    }
    BOOST_TEST(seen.size() == 1000U);
    BOOST_TEST(*seen.rbegin() == 999U);
}

BOOST_AUTO_TEST_CASE(more_threads_than_numbers_take_what_there_is) {
    load::random_source random(17);
    key_draw draw({key_range::law::sequence, 9, 2, 0}, 5, 7);
    for (int i = 0; i < 10; ++i)
        BOOST_TEST((draw.next(random) - 9) < 2U);
}

BOOST_AUTO_TEST_SUITE_END()

#include "server/process/traffic_window.hpp"

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

constexpr core::steady_time start{1000s};

server::traffic_totals totals(std::uint64_t requests) {
    server::traffic_totals out;
    out.requests.answered = requests;
    out.requests.by_duration[1] = requests; // 50 to 100 µs
    out.verdicts.by_code[0] = requests - requests / 4;
    out.verdicts.by_code[1] = requests / 4;
    out.verdicts.hits = requests - requests / 10;
    out.verdicts.misses = requests / 10;
    return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(traffic_window)

BOOST_AUTO_TEST_CASE(nothing_is_known_before_two_samples) {
    server::traffic_window w;
    w.add(totals(100), start);
    const auto said = boost::json::parse(w.json()).as_object();
    BOOST_TEST(said.at("requests_per_second").to_number<double>() == 0);
    BOOST_TEST(said.at("p99_ms").is_null());
    BOOST_TEST(said.at("hit_rate").is_null());
}

// What came before the last ten seconds does not count.
BOOST_AUTO_TEST_CASE(it_tells_of_the_last_ten_seconds) {
    server::traffic_window w;
    for (int s = 0; s <= 30; ++s)
        w.add(totals(s <= 20 ? 1'000'000 : 1'000'000 + 4000u * static_cast<unsigned>(s - 20)),
              start + s * 1s);
    const auto said = boost::json::parse(w.json()).as_object();
    BOOST_TEST(said.at("seconds").to_number<double>() == 10);
    BOOST_TEST(said.at("requests_per_second").to_number<double>() == 4000);
    BOOST_TEST(said.at("hit_rate").to_number<double>() == 0.9);
    BOOST_TEST(said.at("verdicts").as_object().at("VALID").as_int64() == 30'000);
    BOOST_TEST(said.at("verdicts").as_object().at("NOT_FOUND").as_int64() == 10'000);
    BOOST_TEST(said.at("p50_ms").to_number<double>() == 0.075);
}

BOOST_AUTO_TEST_CASE(quantiles_lie_in_their_bucket) {
    std::array<std::uint64_t, core::latency_bounds.size() + 1> counts{};
    BOOST_TEST(!server::quantile_of(counts, 0.5));
    counts[0] = 50;  // up to 50 µs
    counts[10] = 50; // 50 to 100 ms
    BOOST_TEST(*server::quantile_of(counts, 0.25) == 0.000025);
    BOOST_TEST(std::abs(*server::quantile_of(counts, 0.99) - 0.099) < 1e-9);
    counts.back() = 1000; // past the last bound
    BOOST_TEST(*server::quantile_of(counts, 0.99) == 2.5);
}

BOOST_AUTO_TEST_SUITE_END()

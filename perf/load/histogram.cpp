#include "histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace load {
namespace {

constexpr std::uint64_t exact = 2048, half = exact / 2;
constexpr int bits_of_exact = 11, bits_max = 42;
constexpr std::uint64_t largest = (std::uint64_t{1} << bits_max) - 1;
constexpr std::size_t buckets = exact + (bits_max - bits_of_exact) * half;

} // namespace

histogram::histogram() : counts_(buckets) {}

std::size_t histogram::bucket_of(std::uint64_t ns) {
    ns = std::min(ns, largest);
    const int shift = std::max(0, static_cast<int>(std::bit_width(ns)) - bits_of_exact);
    return static_cast<std::size_t>(static_cast<std::uint64_t>(shift) * half + (ns >> shift));
}

double histogram::middle_of(std::size_t bucket) {
    const std::size_t shift = bucket < exact ? 0 : bucket / half - 1;
    const std::uint64_t first = (bucket - shift * half) << shift;
    const std::uint64_t width = std::uint64_t{1} << shift;
    return static_cast<double>(first) + static_cast<double>(width - 1) / 2;
}

void histogram::record(std::uint64_t ns) {
    ++counts_[bucket_of(ns)];
    ++count_;
    min_ = std::min(min_, ns);
    max_ = std::max(max_, ns);
    sum_ += static_cast<double>(ns);
}

void histogram::add(const histogram& other) {
    std::ranges::transform(counts_, other.counts_, counts_.begin(), std::plus());
    count_ += other.count_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
    sum_ += other.sum_;
}

void histogram::clear() {
    *this = histogram();
}

double histogram::percentile(double percent) const {
    if (count_ == 0) return 0;
    // A hair less, because 99.9 % of 1000 is 999, whatever the last digits of the product are.
    const double wanted = std::ceil(percent / 100 * static_cast<double>(count_) * (1 - 1e-12));
    const auto rank =
        std::clamp(static_cast<std::uint64_t>(std::max(wanted, 1.0)), std::uint64_t{1}, count_);
    if (rank == count_) return static_cast<double>(max_);
    std::size_t bucket = 0;
    for (std::uint64_t seen = counts_[0]; seen < rank; seen += counts_[bucket])
        ++bucket;
    return std::clamp(middle_of(bucket), static_cast<double>(min_), static_cast<double>(max_));
}

std::vector<std::pair<double, double>> histogram::curve() const {
    constexpr int steps_per_half = 10;
    std::vector<std::pair<double, double>> out;
    if (count_ == 0) return out;
    const double beyond_one = 100.0 / static_cast<double>(count_);
    for (double left = 100; left > beyond_one; left /= 2)
        for (int step = 0; step < steps_per_half; ++step) {
            const double percent = 100 - left + left / 2 * step / steps_per_half;
            out.emplace_back(percent, percentile(percent));
        }
    out.emplace_back(100, static_cast<double>(max_));
    return out;
}

} // namespace load

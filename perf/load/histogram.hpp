#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace load {

/// Counts durations in nanoseconds, to three significant digits, as Gil Tene's HdrHistogram does:
/// 2048 buckets up to 2 us, each exact, and then 1024 for each doubling, up to 73 minutes. A bucket
/// is at most 0.1 % wide, and stands for the value in its middle. Recording takes no memory.
class histogram {
  public:
    histogram();

    void record(std::uint64_t ns);
    void add(const histogram& other);
    void clear();

    std::uint64_t count() const { return count_; }
    std::uint64_t min() const { return count_ ? min_ : 0; } // exact, like the maximum and the mean
    std::uint64_t max() const { return max_; }
    double mean() const { return count_ ? sum_ / static_cast<double>(count_) : 0; }

    /// What `percent` of all durations do not exceed.
    double percentile(double percent) const;

    /// Pairs of percentage and nanoseconds for a drawing, ever closer towards 100 %.
    std::vector<std::pair<double, double>> curve() const;

    static std::size_t bucket_of(std::uint64_t ns);
    static double middle_of(std::size_t bucket);

  private:
    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    std::uint64_t min_ = UINT64_MAX;
    std::uint64_t max_ = 0;
    double sum_ = 0;
};

} // namespace load

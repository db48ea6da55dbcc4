#pragma once
// Counters per core, summed on scrape. A cell has one writer (its worker) and any number of
// readers; writing it is a plain load and store. Each room keeps its cells in a struct of its own
// with a `void collect(core::metric_sink&) const`; the exporter calls all of these and renders the
// sums.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::core {

/// Only grows. One writer, any readers.
class counter {
  public:
    void add(std::uint64_t n = 1) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

/// Goes up and down. One writer, any readers.
class gauge {
  public:
    void set(std::int64_t v) noexcept { value_.store(v, std::memory_order_relaxed); }
    void add(std::int64_t n) noexcept { set(value() + n); }
    std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::int64_t> value_{0};
};

/// Upper bounds of a histogram's buckets, ascending, without the last one (+Inf). `latency_bounds`
/// are seconds, `size_bounds` are numbers of items.
inline constexpr std::array<double, 15> latency_bounds = {0.00005, 0.0001, 0.00025, 0.0005, 0.001,
                                                          0.0025,  0.005,  0.01,    0.025,  0.05,
                                                          0.1,     0.25,   0.5,     1.0,    2.5};
inline constexpr std::array<double, 15> size_bounds = {1,  2,   4,   8,   12,  16,  24,  32,
                                                       64, 128, 256, 384, 512, 768, 1024};

/// Counts observations in buckets. One writer, any readers.
template <const std::array<double, 15>& Bounds>
class histogram {
  public:
    static constexpr std::span<const double> bounds() { return Bounds; }
    void observe(double v) noexcept {
        std::size_t i = 0;
        while (i < Bounds.size() && v > Bounds[i])
            ++i;
        counts_[i].add();
        sum_.store(sum_.load(std::memory_order_relaxed) + v, std::memory_order_relaxed);
    }
    /// The count of this bucket alone, not cumulative; the last bucket is +Inf.
    std::uint64_t count(std::size_t bucket) const noexcept { return counts_[bucket].value(); }
    double sum() const noexcept { return sum_.load(std::memory_order_relaxed); }

  private:
    std::array<counter, Bounds.size() + 1> counts_;
    std::atomic<double> sum_{0};
};

using latency_histogram = histogram<latency_bounds>;
using size_histogram = histogram<size_bounds>;

using labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// Gathers the samples of all rooms and workers, and sums those with the same name and labels.
/// Lives on the thread that renders.
class metric_sink {
  public:
    /// `name` must end in `_total`.
    void add_counter(std::string_view name, std::string_view help, labels, double value);
    void add_gauge(std::string_view name, std::string_view help, labels, double value);
    template <const std::array<double, 15>& B>
    void add_histogram(std::string_view name, std::string_view help, labels l,
                       const histogram<B>& h) {
        std::array<std::uint64_t, B.size() + 1> counts;
        for (std::size_t i = 0; i < counts.size(); ++i)
            counts[i] = h.count(i);
        add_histogram(name, help, l, B, counts, h.sum());
    }
    void add_histogram(std::string_view name, std::string_view help, labels,
                       std::span<const double> bounds, std::span<const std::uint64_t> counts,
                       double sum);

    /// Prometheus text format 0.0.4.
    std::string prometheus() const;
    /// OpenMetrics 1.0.0.
    std::string openmetrics() const;

  private:
    enum class type { counter, gauge, histogram };
    struct sample {
        double value = 0;
        std::vector<std::uint64_t> counts;
    };
    struct family {
        type kind;
        std::string help;
        std::span<const double> bounds;
        std::map<std::string, sample> samples; // by their rendered labels
    };
    family& family_of(std::string_view name, std::string_view help, type);
    std::string render(bool openmetrics) const;

    std::map<std::string, family, std::less<>> families_;
};

} // namespace latchkey::core

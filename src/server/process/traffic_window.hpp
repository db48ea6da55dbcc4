#pragma once
// What the workers did in the last ten seconds, for `latchkey status`.

#include <latchkey/auth/metrics.hpp>
#include <latchkey/core/clock.hpp>
#include <latchkey/http/metrics.hpp>
#include <latchkey/pg/metrics.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace latchkey::server {

/// Since the start, of all workers. Requests about the process itself are not counted.
struct traffic_totals {
    http::request_totals requests;
    auth::verdict_totals verdicts;
    pg::lookup_totals lookups;
};

/// Returns the time that the share `q` of what was counted did not exceed, in seconds, evenly
/// spread in its bucket as Prometheus's histogram_quantile does it. Nullopt if nothing was counted.
std::optional<double> quantile_of(std::span<const std::uint64_t> counts, double q);

/// The control thread writes; any thread reads.
class traffic_window {
  public:
    static constexpr std::size_t seconds = 10;

    /// To be called each second.
    void add(const traffic_totals&, core::steady_time now);
    /// {"seconds":10,"requests_per_second":…,"p50_ms":…,"p99_ms":…,"hit_rate":…,"verdicts":{…},…}
    std::string json() const;
    /// {"queries_per_second":…,"p50_ms":…,"p99_ms":…,"refused_per_second":…}
    std::string lookups_json() const;

  private:
    struct sample {
        core::steady_time at;
        traffic_totals totals;
    };
    struct difference {
        double seconds = 0;
        traffic_totals done;
    };
    difference last() const;

    mutable std::mutex mutex_;
    std::vector<sample> samples_; ///< the oldest first; guarded by the mutex
};

} // namespace latchkey::server

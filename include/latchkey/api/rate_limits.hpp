#pragma once
// The policies that are in force, and what they have refused. One for all workers.
//
// A configuration is an immutable snapshot that `configure` replaces. The buckets live in the
// limiter, under the name and the rule of their policy: a policy that stays as it is keeps its
// counts, whatever else changes; one with a new rule begins afresh.

#include <latchkey/api/rate_policy.hpp>
#include <latchkey/core/cache/snapshot.hpp>
#include <latchkey/core/flow/rate_limiter.hpp>
#include <latchkey/core/metrics.hpp>

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::api {

/// What one worker has counted of one policy.
struct alignas(64) rate_cell {
    core::counter refused;
    core::counter displaced;
};
/// By worker.
using rate_cells = std::vector<rate_cell>;

/// A policy in force.
struct enforced_policy {
    rate_policy policy;
    std::uint64_t scope; ///< of the limiter's keys
    std::shared_ptr<rate_cells> cells;
};

/// Immutable.
class rate_policies {
  public:
    rate_policies() = default;
    rate_policies(std::vector<enforced_policy>, std::span<const std::string_view> endpoint_names);

    /// Of what applies at an endpoint (a row of the endpoints' names) to what is counted.
    std::span<const enforced_policy* const> at(std::size_t endpoint, counted what) const noexcept;

  private:
    std::vector<enforced_policy> all_;
    std::vector<std::vector<const enforced_policy*>> by_endpoint_; ///< and kind
};

class rate_limits {
  public:
    /// `readers`: one per worker. `endpoint_names` is a literal of the application's.
    rate_limits(core::rate_limiter&, core::epochs& readers,
                std::span<const std::string_view> endpoint_names);

    // --- one thread: the control's ---
    /// From the next request on. The policies are well formed (make_rate_policy).
    void configure(std::span<const rate_policy_configuration>);
    /// Each second or so.
    void tick(core::boot_time now);

    // --- any worker ---
    /// False: none is configured, and nothing else need be read.
    bool any() const noexcept { return any_.load(std::memory_order_relaxed); }
    core::epochs::reader& reader(std::size_t worker) noexcept { return readers_.at(worker); }
    /// Pinned.
    const rate_policies& policies() const noexcept { return policies_.read(); }
    core::rate_limiter& limiter() noexcept { return limiter_; }

    /// Any thread.
    void collect(core::metric_sink&) const;

  private:
    std::shared_ptr<rate_cells> cells_of(const std::string& name);

    core::rate_limiter& limiter_;
    core::epochs& readers_;
    std::span<const std::string_view> endpoint_names_;
    std::atomic<bool> any_{false};
    core::snapshot<const rate_policies> policies_;
    mutable std::mutex names_; ///< held by `configure` and `collect`, for a few steps
    std::map<std::string, std::shared_ptr<rate_cells>> cells_; ///< of all policies there ever were
};

} // namespace latchkey::api

#pragma once
// The policies that are in force, and how many requests they refused. One object for all workers.
//
// The policies are an immutable snapshot that `configure` replaces. The buckets live in the
// limiter, under the name and the rule of their policy: an unchanged policy keeps its counts,
// whatever else changes; one with a new rule begins with empty buckets.

#include <latchkey/api/rate_policy.hpp>
#include <latchkey/auth/limit/fleet_limits.hpp>
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

/// What one worker has counted for one policy.
struct alignas(64) rate_cell {
    core::counter refused;
    core::counter displaced;
};
/// One cell per worker.
using rate_cells = std::vector<rate_cell>;

/// A policy in force.
struct enforced_policy {
    rate_policy policy;
    std::uint64_t scope; ///< separates its keys in the limiter from those of other policies
    std::shared_ptr<rate_cells> cells;
};

/// The policies in force. Immutable.
class rate_policies {
  public:
    rate_policies() = default;
    rate_policies(std::vector<enforced_policy>, std::span<const std::string_view> endpoint_names);

    /// Returns the policies that count `what` at an endpoint (a row of the endpoint names).
    std::span<const enforced_policy* const> at(std::size_t endpoint, counted what) const noexcept;

  private:
    std::vector<enforced_policy> all_;
    std::vector<std::vector<const enforced_policy*>> by_endpoint_; ///< by endpoint and kind
};

/// Holds the policies, the limiter and the counts of refusals.
class rate_limits {
  public:
    /// `readers` has one reader per worker. `endpoint_names` must live as long as the process.
    rate_limits(core::rate_limiter&, core::epochs& readers,
                std::span<const std::string_view> endpoint_names,
                auth::fleet_limits* fleet = nullptr);

    // --- control thread only ---
    /// Takes effect with the next request. Policies that make_rate_policy rejects are skipped.
    void configure(std::span<const rate_policy_configuration>);
    /// Call it about once a second.
    void tick(core::boot_time now);

    // --- any worker ---
    /// Returns false if no policy is configured; then nothing else need be read.
    bool any() const noexcept { return any_.load(std::memory_order_relaxed); }
    core::epochs::reader& reader(std::size_t worker) noexcept { return readers_.at(worker); }
    /// The caller's reader must be pinned while it uses the result.
    const rate_policies& policies() const noexcept { return policies_.read(); }
    core::rate_limiter& limiter() noexcept { return limiter_; }
    /// Counts what policies of scope "fleet" count; null: each node counts that alone.
    auth::fleet_limits* fleet() noexcept { return fleet_; }

    /// Any thread.
    void collect(core::metric_sink&) const;
    /// Any thread. How many requests each policy has refused since the start.
    std::vector<std::pair<std::string, std::uint64_t>> refused() const;

  private:
    std::shared_ptr<rate_cells> cells_of(const std::string& name);

    core::rate_limiter& limiter_;
    core::epochs& readers_;
    std::span<const std::string_view> endpoint_names_;
    auth::fleet_limits* const fleet_;
    std::atomic<bool> any_{false};
    core::snapshot<const rate_policies> policies_;
    mutable std::mutex names_; ///< held briefly by `configure` and `collect`
    std::map<std::string, std::shared_ptr<rate_cells>> cells_; ///< of all policies ever
};

} // namespace latchkey::api

#pragma once
// Gives the endpoints the state of the process: readiness, health, metrics, details.

#include "server/process/degradations.hpp"
#include "server/process/log_writer.hpp"
#include "server/process/page_writer.hpp"
#include "server/process/process_sampler.hpp"
#include "server/process/traffic_window.hpp"
#include "server/process/worker.hpp"

#include <latchkey/api/status_source.hpp>
#include <latchkey/auth/cache/consistency.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/pg/connection/database_server.hpp>
#include <latchkey/pg/feed/change_feed.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace latchkey::server {

/// May be called on any thread once the workers are set. Outlives the workers.
class exporter final : public api::status_source {
  public:
    exporter(std::string node, log_writer& log, core::real_time started,
             core::nanoseconds feed_interval);

    // --- control thread, before the first request ---
    void watch(std::span<const std::unique_ptr<worker>> workers, const auth::consistency& known,
               const pg::change_feed& feed) {
        workers_ = workers;
        known_ = &known;
        feed_ = &feed;
    }
    /// Adds the metrics of the control thread. Called on any thread.
    void watch(std::function<void(core::metric_sink&)> collect) {
        collect_control_ = std::move(collect);
    }

    /// Adds checks to /health. Called on any thread.
    void watch_checks(std::function<std::vector<api::check>()> checks) {
        more_checks_ = std::move(checks);
    }

    /// Returns the server that the feed is read from. Called on any thread.
    void watch_server(std::function<pg::database_server()> server) { server_ = std::move(server); }
    /// Adds members to the details, as JSON that begins with a comma. Called on any thread.
    void watch_details(std::function<std::string()> members) { more_details_ = std::move(members); }

    /// Sets the warnings of find_exposures(), for the details. Any thread.
    void set_exposures(std::vector<std::string> sentences);
    /// Returns sentences that an operator should know although all is well. Called on any thread.
    void watch_findings(std::function<std::vector<std::string>()> findings) {
        findings_ = std::move(findings);
    }

    /// Returns what the last examination found, as JSON. Called on any thread.
    void watch_examinations(std::function<std::string()> found) { examined_ = std::move(found); }

    /// To be called each second, on the control thread: logs what has begun to fail, and what works
    /// again. `tells`: whether what is missing is news.
    void look(core::real_time now, bool tells) { degraded_.look(checks(), now, tells); }
    /// To be called each second, on the control thread.
    void sample_traffic(core::steady_time now);
    /// Pages of metrics that are asked for after this are not written.
    void stop() { pages_.stop(); }

    process_sampler process;
    std::atomic<bool> draining{false};

    api::process_status status() const override;
    std::string metrics(bool openmetrics) const override;
    void write_metrics(api::metrics_request&, core::mailbox& back) const override;
    std::string_view version() const override;
    const std::string& node() const noexcept { return node_; }
    std::string database_problem() const override;
    std::string details() const override;
    std::string findings() const override;

  private:
    pg::database_status database() const;
    std::vector<api::check> checks() const;
    api::check feed() const;
    api::check cached_answers() const;
    void collect_health(core::metric_sink&) const;
    std::vector<std::string> exposures() const;
    std::string feed_details() const;
    std::string database_details() const;
    api::check mirror() const;
    api::check audit() const;

    std::string node_;
    log_writer& log_;
    const core::nanoseconds feed_interval_;
    degradations degraded_;
    traffic_window traffic_;
    mutable page_writer pages_;
    std::span<const std::unique_ptr<worker>> workers_;
    const auth::consistency* known_ = nullptr;
    const pg::change_feed* feed_ = nullptr;
    std::function<void(core::metric_sink&)> collect_control_;
    std::function<std::vector<api::check>()> more_checks_;
    std::function<pg::database_server()> server_;
    std::function<std::string()> more_details_;
    mutable std::mutex mutex_;
    std::vector<std::string> exposures_; ///< guarded by the mutex
    std::function<std::vector<std::string>()> findings_;
    std::function<std::string()> examined_;
};

} // namespace latchkey::server

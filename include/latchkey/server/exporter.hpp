#pragma once
// Tells the endpoints about the process: readiness, health, metrics, details.

#include <latchkey/core/metrics.hpp>
#include <latchkey/http/metrics.hpp>
#include <latchkey/http/status_source.hpp>
#include <latchkey/server/log_writer.hpp>
#include <latchkey/server/process_sampler.hpp>
#include <latchkey/server/worker.hpp>

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace latchkey::server {

std::string_view version() noexcept;

/// Any thread, once the workers are set. Outlives them.
class exporter final : public http::status_source {
  public:
    exporter(std::string node, const log_writer& log, core::real_time started);

    // --- control thread, before the first request ---
    void watch(std::span<const std::unique_ptr<worker>> workers) { workers_ = workers; }
    void watch(const http::metrics& admin) { admin_ = &admin; }

    process_sampler process;
    std::atomic<bool> draining{false};

    http::process_status status() const override;
    std::string metrics(bool openmetrics) const override;
    std::string_view version() const override { return server::version(); }
    std::string details() const override;

  private:
    pg::database_status database() const;

    std::string node_;
    const log_writer& log_;
    std::span<const std::unique_ptr<worker>> workers_;
    const http::metrics* admin_ = nullptr;
    mutable std::atomic<bool> was_ready_{false};
};

} // namespace latchkey::server

#pragma once
// Sends spans to a collector (OTLP/HTTP in JSON), in batches. A collector that is away costs spans
// and nothing else.

#include "server/process/https_fetcher.hpp"
#include "server/settings/configuration.hpp"

#include <latchkey/core/clock.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/core/trace/otlp_json.hpp>
#include <latchkey/core/trace/span_queue.hpp>
#include <latchkey/core/trace/tracer.hpp>

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace latchkey::server {

/// Lives on the control thread, except for what says otherwise.
class span_exporter {
  public:
    /// Without an endpoint, or with a ca_file that cannot be read, nothing is recorded.
    span_exporter(boost::asio::io_context&, const tracing_configuration&, const std::string& node,
                  core::logger&);

    /// Makes a tracer for one thread.
    std::unique_ptr<core::tracer> make_tracer();
    /// To be called now and then: begins an export that is due. `at_once`: the process ends soon.
    void tick(core::steady_time now, bool at_once = false);

    // --- any thread ---
    void collect(core::metric_sink&) const;

  private:
    void begin(core::steady_time now);
    void ended(const core::result<net::https_answer>&, core::steady_time now);

    const tracing_configuration settings_;
    core::logger& log_;
    core::resource_attributes resource_;
    std::string fields_; ///< header lines
    std::optional<net::tls_trust> trust_;
    core::span_queue queue_;
    https_fetcher fetcher_;
    bool under_way_ = false;
    std::string kept_;           ///< the body of an export that failed, to be sent again
    std::size_t kept_spans_ = 0; ///< in that export, or in the one under way
    std::size_t attempts_ = 0;   ///< of that body
    core::steady_time next_{};
    std::string why_; ///< why the last export failed; empty: it did not

    core::counter sent_;
    core::counter lost_; ///< with exports that failed
};

} // namespace latchkey::server

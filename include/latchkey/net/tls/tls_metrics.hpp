#pragma once

#include <latchkey/core/metrics.hpp>
#include <latchkey/net/tls/tls_context.hpp>

#include <array>

namespace latchkey::net {

/// Counts how handshakes ended. One set per worker, which writes it.
struct tls_metrics {
    std::array<core::counter, net::tls_version_count> full;
    std::array<core::counter, net::tls_version_count> resumed;
    core::counter failed;
    core::counter timed_out;
    core::counter refused; ///< above tls.handshakes_max

    /// Any thread.
    void collect(core::metric_sink&) const;
};

} // namespace latchkey::net

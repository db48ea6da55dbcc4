#include <latchkey/net/tls/tls_metrics.hpp>

namespace latchkey::net {

void tls_metrics::collect(core::metric_sink& sink) const {
    const auto add = [&](std::string_view outcome, std::string_view version,
                         const core::counter& cell) {
        if (const auto n = cell.value())
            sink.add_counter("auth_tls_handshakes_total", "TLS handshakes, by how they ended.",
                             {{"outcome", outcome}, {"version", version}}, static_cast<double>(n));
    };
    constexpr std::array<std::string_view, net::tls_version_count> versions = {"1.2", "1.3"};
    for (std::size_t v = 0; v < versions.size(); ++v) {
        add("full", versions[v], full[v]);
        add("resumed", versions[v], resumed[v]);
    }
    add("failed", "", failed);
    add("timed_out", "", timed_out);
    add("refused", "", refused);
}

} // namespace latchkey::net

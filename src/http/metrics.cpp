#include <latchkey/http/metrics.hpp>

#include <algorithm>
#include <string>

namespace latchkey::http {

// Statuses without a row of their own are counted as 500.
std::size_t metrics::row_of(int status) noexcept {
    if (status == 200) return 0;
    return static_cast<std::size_t>(std::ranges::find(statuses, status) - statuses.begin());
}

void metrics::observe(method m, std::size_t endpoint, int status, double seconds) noexcept {
    const auto column = static_cast<std::size_t>(m);
    requests_[endpoint][column][row_of(status)].add();
    durations_[endpoint][column].observe(seconds);
}

void metrics::collect(core::metric_sink& sink,
                      std::span<const std::string_view> endpoint_names) const {
    for (std::size_t e = 0; e < endpoint_names.size(); ++e) {
        for (std::size_t m = 0; m < method_count; ++m) {
            const auto method_name = name_of(static_cast<method>(m));
            bool any = false;
            for (std::size_t s = 0; s <= statuses.size(); ++s) {
                const auto n = requests_[e][m][s].value();
                if (n == 0) continue;
                any = true;
                const auto status = std::to_string(s < statuses.size() ? statuses[s] : 500);
                sink.add_counter(
                    "auth_requests_total", "Requests answered.",
                    {{"method", method_name}, {"endpoint", endpoint_names[e]}, {"status", status}},
                    static_cast<double>(n));
            }
            if (any)
                sink.add_histogram("auth_request_duration_seconds",
                                   "From a request's last byte to its serialised answer.",
                                   {{"method", method_name}, {"endpoint", endpoint_names[e]}},
                                   durations_[e][m]);
        }
    }
    sink.add_gauge("auth_connections", "Open client connections.", {},
                   static_cast<double>(connections.value()));
    sink.add_gauge("auth_buffer_bytes", "Memory of the connections' buffers.", {},
                   static_cast<double>(buffer_bytes.value()));
    sink.add_counter("auth_buffers_refused_total",
                     "Connections closed because server.buffer_bytes_max was reached.", {},
                     static_cast<double>(buffers_refused.value()));
    sink.add_counter(
        "auth_unreadable_clients_total",
        "Requests whose client a trusted proxy named by what is no address: they share "
        "the proxy's limits.",
        {}, static_cast<double>(unreadable_clients.value()));
    tls.collect(sink);
}

} // namespace latchkey::http

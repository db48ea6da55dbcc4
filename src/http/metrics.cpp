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

namespace {

// A rate that is asked of these must not miss the first one.
constexpr std::array<int, 7> told_from_start = {200, 400, 401, 403, 429, 500, 503};

bool is_routed(std::span<const route_terms> routes, std::string_view path, method m) {
    return std::ranges::any_of(routes,
                               [&](const auto& r) { return r.method == m && r.path == path; });
}

} // namespace

void metrics::add_row(request_totals& out, std::size_t endpoint, std::size_t m) const {
    for (std::size_t s = 0; s <= statuses.size(); ++s) {
        const auto n = requests_[endpoint][m][s].value();
        out.answered += n;
        if (s == statuses.size() || statuses[s] >= 500) out.failed += n;
    }
    for (std::size_t b = 0; b < request_totals::buckets; ++b)
        out.by_duration[b] += durations_[endpoint][m].count(b);
}

void metrics::collect(core::metric_sink& sink, std::span<const std::string_view> endpoint_names,
                      std::span<const route_terms> routes) const {
    for (std::size_t e = 0; e < endpoint_names.size(); ++e) {
        for (std::size_t m = 0; m < method_count; ++m) {
            const auto asked = static_cast<method>(m);
            const auto method_name = name_of(asked);
            const bool routed = is_routed(routes, endpoint_names[e], asked);
            bool any = routed;
            for (std::size_t s = 0; s <= statuses.size(); ++s) {
                const auto n = requests_[e][m][s].value();
                const auto status = s < statuses.size() ? statuses[s] : 500;
                const bool told =
                    routed && std::ranges::find(told_from_start, status) != told_from_start.end();
                if (n == 0 && !told) continue;
                any = true;
                sink.add_counter("auth_requests_total", "Requests answered.",
                                 {{"method", method_name},
                                  {"endpoint", endpoint_names[e]},
                                  {"status", std::to_string(status)}},
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

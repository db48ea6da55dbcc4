#pragma once
// The metrics of this room. Each worker has one set.

#include <latchkey/core/metrics.hpp>
#include <latchkey/http/request.hpp>
#include <latchkey/http/route_terms.hpp>
#include <latchkey/net/tls/tls_metrics.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace latchkey::http {

/// What has been answered since the start.
struct request_totals {
    static constexpr std::size_t buckets = core::latency_bounds.size() + 1;
    std::uint64_t answered = 0;
    std::uint64_t failed = 0;                         ///< with 500 and above
    std::array<std::uint64_t, buckets> by_duration{}; ///< as in core::latency_histogram
};

class metrics {
  public:
    static constexpr std::size_t endpoints_max = 80;

    /// Worker's thread. `endpoint` is a row of the application's endpoint names; `seconds` is the
    /// time from the request's last byte to its serialised answer.
    void observe(method, std::size_t endpoint, int status, double seconds) noexcept;
    core::gauge connections;
    core::gauge buffer_bytes;         ///< bytes that the connections hold
    core::counter buffers_refused;    ///< requests and answers for which no memory was left
    core::counter unreadable_clients; ///< requests whose proxy names the client by something that
                                      ///< is not an address
    net::tls_metrics tls;

    /// Any thread. `endpoint_names` gives the label of each row. Requests of `routes` are told
    /// before the first one has come, so that a rate sees it.
    void collect(core::metric_sink&, std::span<const std::string_view> endpoint_names,
                 std::span<const route_terms> routes = {}) const;
    /// Any thread. Adds the requests to the endpoints that count.
    template <class Counts>
    void add_to(request_totals& out, Counts&& counts) const {
        for (std::size_t e = 0; e < endpoints_max; ++e)
            for (std::size_t m = 0; m < method_count; ++m)
                if (requests_[e][m][0].value() > 0 || durations_[e][m].sum() > 0)
                    if (counts(e)) add_row(out, e, m);
    }

  private:
    // All that are ever answered: any other is counted as 500, which is an error of ours.
    static constexpr std::array<int, 23> statuses = {200, 201, 204, 304, 400, 401, 403, 404,
                                                     405, 408, 409, 411, 412, 413, 414, 415,
                                                     417, 422, 429, 431, 501, 503, 505};
    static std::size_t row_of(int status) noexcept;
    void add_row(request_totals&, std::size_t endpoint, std::size_t method) const;

    template <class Cell>
    using by_endpoint = std::array<std::array<Cell, method_count>, endpoints_max>;
    by_endpoint<std::array<core::counter, statuses.size() + 1>> requests_;
    by_endpoint<core::latency_histogram> durations_;
};

} // namespace latchkey::http

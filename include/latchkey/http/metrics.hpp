#pragma once
// The metrics of this room. Each worker has one set.

#include <latchkey/core/metrics.hpp>
#include <latchkey/http/request.hpp>
#include <latchkey/net/tls/tls_metrics.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace latchkey::http {

class metrics {
  public:
    static constexpr std::size_t endpoints_max = 48;

    /// Worker's thread. `endpoint` is a row of the application's endpoint names; `seconds` is the
    /// time from the request's last byte to its serialised answer.
    void observe(method, std::size_t endpoint, int status, double seconds) noexcept;
    core::gauge connections;
    core::gauge buffer_bytes;         ///< bytes that the connections hold
    core::counter buffers_refused;    ///< requests and answers for which no memory was left
    core::counter unreadable_clients; ///< requests whose proxy names the client by something that
                                      ///< is not an address
    net::tls_metrics tls;

    /// Any thread. `endpoint_names` gives the label of each row.
    void collect(core::metric_sink&, std::span<const std::string_view> endpoint_names) const;

  private:
    // All that are ever answered: any other is counted as 500, which is an error of ours.
    static constexpr std::array<int, 23> statuses = {200, 201, 204, 304, 400, 401, 403, 404,
                                                     405, 408, 409, 411, 412, 413, 414, 415,
                                                     417, 422, 429, 431, 501, 503, 505};
    static std::size_t row_of(int status) noexcept;

    template <class Cell>
    using by_endpoint = std::array<std::array<Cell, method_count>, endpoints_max>;
    by_endpoint<std::array<core::counter, statuses.size() + 1>> requests_;
    by_endpoint<core::latency_histogram> durations_;
};

} // namespace latchkey::http

#pragma once
// Serves the admin endpoints over TCP (admin.listen), beside the unix socket.

#include "server/process/address_counts.hpp"
#include "server/process/listener.hpp"
#include "server/settings/configuration.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/http/service.hpp>
#include <latchkey/net/epoll_pump.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace latchkey::server {

/// Lives on the control thread, with the control thread's loop. Its connections end with it.
class remote_admin {
  public:
    remote_admin(boost::asio::io_context&, api::admin_api&, const configuration&, core::logger&);

    /// Before the first request.
    void trace_by(core::tracer& by) noexcept { service_.tracer = &by; }
    void configure(const configuration&);
    /// Binds the listeners of admin.listen; accepts nothing yet. Does nothing if there are none.
    core::result<void> listen();
    void open();
    /// Connections that begin after this use these terms.
    void secure(net::tls_terms terms) { service_.tls = std::move(terms); }
    /// To be called each net::deadline_wheel::tick.
    void tick(core::steady_time now, core::real_time real);
    /// Accepts no more; connections without a request have `grace` for one.
    void drain(core::milliseconds grace);

    /// Returns the addresses of the listeners, separated by commas.
    std::string addresses() const;
    std::size_t connections() const noexcept { return connections_; }
    /// Any thread.
    void collect(core::metric_sink&) const;

  private:
    void take(int fd);
    void leave(int fd);

    boost::asio::io_context& loop_;
    core::logger& log_;
    admin_configuration settings_;
    std::size_t connections_ = 0;
    address_counts by_address_;
    std::vector<address_counts::place*> places_; ///< by descriptor
    http::service service_;
    net::epoll_pump pump_;
    std::vector<std::unique_ptr<listener>> listeners_;
};

} // namespace latchkey::server

#pragma once
// Serves operators on the admin socket.

#include "server/process/listener.hpp"
#include "server/process/passed_sockets.hpp"
#include "server/settings/configuration.hpp"

#include <latchkey/api/admin_api.hpp>
#include <latchkey/core/log.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/http/service.hpp>
#include <latchkey/net/epoll_pump.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace latchkey::server {

/// Lives on the control thread, with the control thread's loop. Its connections end with it.
class admin_server {
  public:
    admin_server(boost::asio::io_context&, api::admin_api&, const configuration&, core::logger&);

    /// Before the first request.
    void trace_by(core::tracer& by) noexcept { service_.tracer = &by; }
    void configure(const configuration&);
    /// Binds the listener, or takes the passed one; accepts nothing yet.
    core::result<void> listen(const std::string& path, const std::optional<passed_socket>&);
    void open() { listener_->open(); }
    /// To be called each net::deadline_wheel::tick.
    void tick(core::steady_time now, core::real_time real);
    /// Accepts no more; connections without a request have `grace` for one.
    void drain(core::milliseconds grace);

    std::string address() const { return listener_->address(); }
    std::size_t connections() const noexcept { return connections_; }
    /// Any thread.
    void collect(core::metric_sink&) const;

  private:
    boost::asio::io_context& loop_;
    core::logger& log_;
    std::size_t connections_ = 0;
    http::service service_;
    net::epoll_pump pump_;
    std::unique_ptr<listener> listener_;
};

} // namespace latchkey::server

#include "server/process/admin_server.hpp"

#include <latchkey/crypto/random.hpp>
#include <latchkey/http/start_session.hpp>
#include <latchkey/http/turn_away.hpp>

#include <utility>

namespace latchkey::server {

admin_server::admin_server(boost::asio::io_context& loop, api::admin_api& answers,
                           const configuration& settings, core::logger& log)
    : loop_(loop),
      log_(log),
      service_(settings.http, answers, "admin", log, crypto::random_number(), core::steady_now()),
      pump_(loop, service_.ready, service_.wheel) {
    service_.requests.configure(settings.log.requests());
    service_.on_closed = [this](int) { --connections_; };
}

void admin_server::configure(const configuration& settings) {
    service_.configure(settings.http);
    service_.requests.configure(settings.log.requests());
}

core::result<void> admin_server::listen(const std::string& path,
                                        const std::optional<passed_socket>& passed) {
    const connection_owner owner{[this](int fd) {
                                     ++connections_;
                                     http::start_session(fd, service_);
                                 },
                                 [](int fd) { http::turn_away(fd, http::no_descriptors_left); }};
    auto opened = passed ? listen_passed(loop_, *passed, log_, owner)
                         : listen_unix(loop_, {.path = path}, log_, owner);
    if (!opened) return opened.error();
    listener_ = std::move(*opened);
    return {};
}

void admin_server::tick(core::steady_time now, core::real_time real) {
    service_.advance(now, real);
    while (service_.tell_late()) {
    }
}

void admin_server::drain(core::milliseconds grace) {
    listener_->close();
    service_.drain(grace);
}

void admin_server::collect(core::metric_sink& sink) const {
    service_.metrics.collect(sink, api::admin_api::endpoint_names());
}

} // namespace latchkey::server

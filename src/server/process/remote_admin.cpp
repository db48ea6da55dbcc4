#include "server/process/remote_admin.hpp"

#include "server/settings/listen_places.hpp"

#include <latchkey/crypto/random.hpp>
#include <latchkey/http/client_address.hpp>
#include <latchkey/http/start_session.hpp>

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace latchkey::server {

namespace {

// Answers that clients have not read yet may take as much as so many of the longest.
constexpr std::size_t unread_answers_max = 4;
// One address may have this part of the connections, so that it cannot shut out the others.
constexpr std::size_t parts = 4;

} // namespace

remote_admin::remote_admin(boost::asio::io_context& loop, api::admin_api& answers,
                           const configuration& settings, core::logger& log)
    : loop_(loop),
      log_(log),
      service_(settings.http, answers, "admin", log, crypto::random_number(), core::steady_now()),
      pump_(loop, service_.ready, service_.wheel) {
    service_.on_closed = [this](int fd) { leave(fd); };
    configure(settings);
}

void remote_admin::configure(const configuration& settings) {
    settings_ = settings.admin;
    service_.configure(settings.http);
    service_.buffer_bytes_max = unread_answers_max * settings_.answer_bytes_max +
                                settings_.connections_max * settings.http.body_bytes_max;
    service_.requests.configure(settings.log.requests());
}

core::result<void> remote_admin::listen() {
    const auto places = parse_listen_places(settings_.listen).value_or(std::vector<listen_place>());
    for (const auto& place : places) {
        auto opened =
            listen_tcp(loop_, place, leaves_ipv4_alone(place, places), log_,
                       {[this](int fd) { take(fd); }, [](int fd) { ::close(fd); }}, "admin.listen");
        if (!opened) return opened.error();
        listeners_.push_back(std::move(*opened));
    }
    return {};
}

void remote_admin::take(int fd) {
    if (connections_ >= settings_.connections_max) {
        ::close(fd);
        return;
    }
    const auto peer = http::peer_address(fd);
    const auto most = std::max<std::size_t>(1, settings_.connections_max / parts);
    auto* place = peer ? by_address_.take(*peer, most) : nullptr;
    if (!place) {
        ::close(fd);
        return;
    }
    const auto at = static_cast<std::size_t>(fd);
    if (at >= places_.size()) places_.resize(at + 1);
    places_[at] = place;
    ++connections_;
    http::start_session(fd, service_);
}

void remote_admin::leave(int fd) {
    --connections_;
    address_counts::give_back(*places_[static_cast<std::size_t>(fd)]);
}

void remote_admin::open() {
    for (auto& one : listeners_)
        one->open();
}

void remote_admin::tick(core::steady_time now, core::real_time real) {
    service_.advance(now, real);
    while (service_.tell_late()) {
    }
}

void remote_admin::drain(core::milliseconds grace) {
    for (auto& one : listeners_)
        one->close();
    service_.drain(grace);
}

std::string remote_admin::addresses() const {
    std::string all;
    for (const auto& one : listeners_)
        all += (all.empty() ? "" : ", ") + one->address();
    return all;
}

void remote_admin::collect(core::metric_sink& sink) const {
    service_.metrics.collect(sink, api::admin_api::endpoint_names());
}

} // namespace latchkey::server

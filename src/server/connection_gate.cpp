#include "connection_gate.hpp"

#include <latchkey/http/client_address.hpp>
#include <latchkey/http/turn_away.hpp>
#include <latchkey/server/balancer.hpp>
#include <latchkey/server/descriptors.hpp>

#include <unistd.h>

#include <utility>

namespace latchkey::server {

connection_gate::connection_gate(std::span<const std::unique_ptr<worker>> workers, bool speaks_tls,
                                 core::logger& log)
    : workers_(workers),
      speaks_tls_(speaks_tls),
      log_(log),
      loads_(workers.size()),
      last_worker_(workers.size() - 1) {}

void connection_gate::configure(const configuration& settings) {
    in_all_max_ = connections_allowed(settings, workers_.size(), log_);
    by_address_max_ = settings.server.connections_per_address_max;
    unlimited_ = auth::parse_networks(settings.http.trusted_callers).value_or(unlimited_);
}

core::result<void> connection_gate::listen(boost::asio::io_context& loop,
                                           const std::string& address,
                                           std::vector<passed_socket> passed) {
    const connection_owner owner{[this](int fd) { adopt(fd); },
                                 [this](int fd) {
                                     without_descriptor_.add();
                                     turn_away(fd, http::no_descriptors_left);
                                 }};
    for (const auto& socket : passed) {
        auto opened = listen_passed(loop, socket, log_, owner);
        if (!opened) return opened.error();
        listeners_.push_back(std::move(*opened));
    }
    if (passed.empty()) {
        auto opened = listen_tcp(loop, address, log_, owner);
        if (!opened) return opened.error();
        listeners_.push_back(std::move(*opened));
    }
    return {};
}

void connection_gate::open() {
    if (std::exchange(open_, true)) return;
    for (auto& one : listeners_)
        one->open();
}

void connection_gate::close() {
    for (auto& one : listeners_)
        one->close();
}

std::string connection_gate::addresses() const {
    std::string all;
    for (const auto& one : listeners_)
        all += (all.empty() ? "" : ", ") + one->address();
    return all;
}

// In plain HTTP: a client that expects TLS is only closed.
void connection_gate::turn_away(int fd, std::string_view why) const {
    if (speaks_tls_)
        ::close(fd);
    else
        http::turn_away(fd, why);
}

void connection_gate::adopt(int fd) {
    std::size_t all = 0;
    for (std::size_t i = 0; i < workers_.size(); ++i)
        all += loads_[i] = workers_[i]->connections();
    if (all >= in_all_max_) {
        refused_in_all_.add();
        return turn_away(fd, "too many connections are open (server.connections_max)");
    }
    bool refused = false;
    auto* place = place_for(fd, refused);
    if (refused) {
        refused_by_address_.add();
        return turn_away(fd, "too many connections are open from this address "
                             "(server.connections_per_address_max)");
    }
    last_worker_ = next_worker(loads_, last_worker_);
    workers_[last_worker_]->adopt(fd, place);
}

// Null: its address is not limited, or refused.
address_counts::place* connection_gate::place_for(int fd, bool& refused) {
    if (by_address_max_ == 0) return nullptr;
    const auto peer = http::peer_address(fd);
    if (!peer || auth::contains(unlimited_, *peer)) return nullptr;
    auto* place = by_address_.take(*peer, by_address_max_);
    refused = place == nullptr;
    return place;
}

void connection_gate::collect(core::metric_sink& sink) const {
    for (const auto& [bound, refused] :
         {std::pair("total", &refused_in_all_), std::pair("address", &refused_by_address_),
          std::pair("descriptors", &without_descriptor_)})
        sink.add_counter("auth_connections_refused_total",
                         "Connections that were one too many, by the bound that they met.",
                         {{"bound", bound}}, static_cast<double>(refused->value()));
}

} // namespace latchkey::server

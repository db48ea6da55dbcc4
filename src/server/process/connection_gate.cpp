#include "server/process/connection_gate.hpp"

#include "server/process/balancer.hpp"
#include "server/process/descriptors.hpp"

#include <latchkey/http/client_address.hpp>
#include <latchkey/http/turn_away.hpp>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace latchkey::server {

namespace {

std::string text_of(const core::address& a) {
    char text[INET6_ADDRSTRLEN] = "";
    ::inet_ntop(AF_INET6, a.bytes.data(), text, sizeof text);
    return text;
}

std::size_t handshakes_of_one(const net::tls_configuration& tls) {
    if (tls.handshakes_per_address_max > 0) return tls.handshakes_per_address_max;
    return std::max<std::size_t>(1, tls.handshakes_max / 4);
}

} // namespace

connection_gate::connection_gate(boost::asio::io_context& loop,
                                 std::span<const std::unique_ptr<worker>> workers, bool has_tls,
                                 const configuration& settings, core::logger& log)
    : loop_(loop),
      workers_(workers),
      has_tls_(has_tls),
      has_tls_on_unix_(has_tls && settings.tls.unix_sockets),
      log_(log),
      loads_(workers.size()),
      last_worker_(workers.size() - 1) {
    configure(settings);
}

void connection_gate::configure(const configuration& settings) {
    in_all_max_ = connections_allowed(settings, workers_.size(), log_);
    allowed_.set(static_cast<std::int64_t>(in_all_max_));
    by_address_max_ = settings.server.connections_per_address_max;
    handshakes_max_ = handshakes_of_one(settings.tls);
    trust_ = http::trust_of(settings.http);
}

void connection_gate::open() {
    if (std::exchange(open_, true)) return;
    for (auto& one : listeners_)
        one.socket->open();
}

void connection_gate::close(core::milliseconds grace) {
    for (auto& one : listeners_)
        one.socket->close();
    if (door_) door_->drain(grace);
}

void connection_gate::tick(core::steady_time now) {
    if (door_) door_->tick(now);
}

bool connection_gate::speaks_tls() const noexcept {
    return std::ranges::any_of(listeners_, &public_listener::secured);
}

std::string connection_gate::addresses() const {
    std::string all;
    for (const auto& one : listeners_)
        all += (all.empty() ? "" : ", ") + one.name;
    return all;
}

// Answers in plain HTTP; a connection that expects TLS is just closed.
void connection_gate::turn_away(const public_listener& at, int fd, std::string_view why) const {
    if (at.secured)
        ::close(fd);
    else
        http::turn_away(fd, why);
}

// Reads the counts of the workers. Returns the number of all connections, with those that are not
// with a worker yet.
std::size_t connection_gate::count_connections() {
    std::size_t all = waiting();
    for (std::size_t i = 0; i < workers_.size(); ++i)
        all += loads_[i] = workers_[i]->connections();
    return all;
}

void connection_gate::arrive(std::size_t at, int fd) {
    const auto& here = listeners_[at];
    if (count_connections() >= in_all_max_) {
        refused_in_all_.add();
        note_full();
        return turn_away(here, fd, "too many connections are open (server.connections_max)");
    }
    if (!here.proxied) return admit(at, fd, std::nullopt);
    if (here.is_unix) return door_->take(fd, at);
    const auto peer = http::peer_address(fd);
    if (peer && core::contains(trust_.proxies, *peer)) return door_->take(fd, at);
    door_->refuse_stranger(fd, peer ? text_of(*peer) : std::string("that has gone"));
}

void connection_gate::admit(std::size_t at, int fd, const std::optional<core::address>& named) {
    const auto& here = listeners_[at];
    auto from = named;
    if (!from && !here.is_unix) {
        from = http::peer_address(fd);
        if (!from) { // the peer has gone already
            ::close(fd);
            return;
        }
    }
    connection_places places;
    if (!take_places(here, http::client_origin(from, trust_), places, fd)) return;
    accepted_.add();
    count_connections();
    last_worker_ = next_worker(loads_, last_worker_);
    workers_[last_worker_]->adopt(
        fd,
        {.named = named,
         .in_the_clear = !here.secured,
         .listener = here.is_unix ? std::string_view(here.name) : std::string_view()},
        places);
}

// Returns false if a bound of its address is reached; the connection is then turned away.
bool connection_gate::take_places(const public_listener& here, const http::client_origin& from,
                                  connection_places& places, int fd) {
    const auto counted = http::judge_caller(from, {}).counted;
    if (!counted) return true;
    if (by_address_max_ > 0) {
        places.open = by_address_.take(*counted, by_address_max_);
        if (!places.open) {
            refused_by_address_.add();
            turn_away(here, fd,
                      "too many connections are open from this address "
                      "(server.connections_per_address_max)");
            return false;
        }
    }
    if (!here.secured) return true;
    places.handshake = handshakes_.take(*counted, handshakes_max_);
    if (places.handshake) return true;
    if (places.open) address_counts::give_back(*places.open);
    refused_handshakes_.add();
    ::close(fd);
    return false;
}

void connection_gate::note_full() noexcept {
    full_at_.store(core::boot_clock::now().time_since_epoch().count(), std::memory_order_relaxed);
}

std::optional<core::boot_time> connection_gate::full_at() const noexcept {
    const auto at = full_at_.load(std::memory_order_relaxed);
    if (at == 0) return std::nullopt;
    return core::boot_time(core::boot_time::duration(at));
}

void connection_gate::collect(core::metric_sink& sink) const {
    sink.add_gauge("auth_connections_max",
                   "How many connections may be open: server.connections_max, or what the limit of "
                   "descriptors leaves.",
                   {}, static_cast<double>(allowed_.value()));
    sink.add_counter("auth_connections_accepted_total",
                     "Connections that were given to a worker. Far fewer than requests, if the "
                     "callers keep theirs open.",
                     {}, static_cast<double>(accepted_.value()));
    for (const auto& [bound, refused] :
         {std::pair("total", &refused_in_all_), std::pair("address", &refused_by_address_),
          std::pair("handshakes", &refused_handshakes_),
          std::pair("descriptors", &without_descriptor_)})
        sink.add_counter("auth_connections_refused_total",
                         "Connections that were one too many, by the bound that they met.",
                         {{"bound", bound}}, static_cast<double>(refused->value()));
    if (door_) door_->collect(sink);
}

} // namespace latchkey::server

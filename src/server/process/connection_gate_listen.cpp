// Opens the listeners of a gate, and decides which protocols are spoken there.
#include "server/process/connection_gate.hpp"
#include "server/settings/listen_places.hpp"

#include <latchkey/http/turn_away.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace latchkey::server {

namespace {

using core::failure;
using core::failure_kind;

mode_t mode_of(const std::string& octal) {
    return static_cast<mode_t>(std::stoul(octal, nullptr, 8));
}

} // namespace

core::result<void> connection_gate::listen(const process_configuration& settings,
                                           std::vector<passed_socket> passed) {
    std::vector<std::string> other_names; // each listener's name as it was written or passed
    for (const auto& socket : passed) {
        auto added =
            add(listen_passed(loop_, socket, log_, owner_of_next()), socket.family == AF_UNIX);
        if (!added) return added;
        other_names.push_back(socket.name);
    }
    if (passed.empty()) {
        const auto places = parse_listen_places(settings.listen);
        if (!places)
            return failure{failure_kind::invalid, "server.listen = \"" + settings.listen +
                                                      "\" names no addresses to listen on"};
        for (const auto& place : *places) {
            if (auto added = listen_at(place, *places, settings); !added) return added;
            other_names.push_back(place.text);
        }
    }
    const auto proxied = parts_of(settings.proxy_protocol);
    if (!proxied.empty()) open_door(settings);
    for (const auto named : proxied)
        if (auto found = find_proxied(std::string(named), other_names); !found) return found;
    return {};
}

core::result<void> connection_gate::listen_at(const listen_place& place,
                                              const std::vector<listen_place>& all,
                                              const process_configuration& settings) {
    if (place.is_unix())
        return add(listen_unix(loop_,
                               {.path = place.path,
                                .mode = mode_of(settings.socket_mode),
                                .setting = "server.listen"},
                               log_, owner_of_next()),
                   true);
    return add(listen_tcp(loop_, place, leaves_ipv4_alone(place, all), log_, owner_of_next()),
               false);
}

core::result<void> connection_gate::add(core::result<std::unique_ptr<listener>> opened,
                                        bool is_unix) {
    if (!opened) return opened.error();
    auto name = (is_unix ? "unix:" : "") + (*opened)->address();
    listeners_.push_back({std::move(*opened), std::move(name), is_unix, false,
                          is_unix ? has_tls_on_unix_ : has_tls_});
    return {};
}

connection_owner connection_gate::owner_of_next() {
    const auto at = listeners_.size();
    return {[this, at](int fd) { arrive(at, fd); },
            [this, at](int fd) {
                without_descriptor_.add();
                note_full();
                turn_away(listeners_[at], fd, http::no_descriptors_left);
            }};
}

// An unknown name is an error, because the listener that was meant would accept anybody.
core::result<void> connection_gate::find_proxied(const std::string& named,
                                                 const std::vector<std::string>& other_names) {
    bool found = false;
    bool by_tcp = false;
    for (std::size_t i = 0; i < listeners_.size() && !named.empty(); ++i) {
        if (named != listeners_[i].name && named != other_names[i]) continue;
        found = listeners_[i].proxied = true;
        by_tcp = by_tcp || !listeners_[i].is_unix;
    }
    if (!found)
        return failure{failure_kind::invalid, "server.proxy_protocol names \"" + named +
                                                  "\", and the listeners are " + addresses() +
                                                  ": name one of these"};
    if (by_tcp && trust_.proxies.empty())
        log_.warning(
            "a listener of server.proxy_protocol refuses all connections: name the proxies "
            "in server.trusted_proxies",
            {{"listener", named}});
    return {};
}

void connection_gate::open_door(const process_configuration& settings) {
    door_ = std::make_unique<proxy_door>(
        loop_, log_,
        proxy_door::bounds{settings.proxy_protocol_timeout, settings.proxy_protocol_bytes_max},
        [this](int fd, std::size_t at, const auto& source) { admit(at, fd, source); },
        core::steady_now());
}

} // namespace latchkey::server

#include <latchkey/http/start_session.hpp>

#include "http/session.hpp"

#include <latchkey/http/client_address.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <optional>

namespace latchkey::http {

namespace {

detached serve(int fd, service& host, connection_origin from, bool in_the_clear) {
    const auto frame = co_await own_frame();
    try {
        session talk(fd, host, from, frame);
        if (!in_the_clear) talk.secure();
        co_await talk.run();
    } catch (const std::exception& e) {
        host.log.error("a connection ended by an exception", {{"what", e.what()}});
    }
}

// What the kernel noted about the peer of a unix socket.
std::optional<local_process> process_of(int fd) noexcept {
    ucred peer{};
    socklen_t length = sizeof peer;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return std::nullopt;
    return local_process{peer.uid, peer.gid, peer.pid};
}

void drop(int fd, const service& host) {
    if (host.on_closed) host.on_closed(fd);
    ::close(fd);
}

} // namespace

void start_session(int fd, service& host, const accepted_connection& how) {
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    int family = AF_INET;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &length) == 0)
        family = name.ss_family;
    connection_origin origin{how.named, how.listener, {}, how.named.has_value()};
    auto& from = origin.client;
    if (family == AF_UNIX) {
        origin.process = process_of(fd);
    } else {
        // If the client has already gone, its address is unknown.
        if (!from) from = peer_address(fd);
        if (!from) return drop(fd, host);
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        // Limits how long bytes may wait that the kernel took and the client does not acknowledge.
        // After that, the kernel drops the connection.
        const auto unread_ms = static_cast<unsigned>(host.settings.write_timeout.count());
        ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unread_ms, sizeof unread_ms);
    }
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    const bool secured = host.tls.context && !how.in_the_clear;
    if (secured && host.handshakes >= host.tls.handshakes_max) {
        host.metrics.tls.refused.add();
        return drop(fd, host);
    }
    serve(fd, host, origin, !secured);
}

} // namespace latchkey::http

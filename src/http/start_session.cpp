#include <latchkey/http/start_session.hpp>

#include "session.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <exception>

namespace latchkey::http {

namespace {

detached serve(int fd, service& host, client_origin origin, bool trusted) {
    const auto frame = co_await own_frame();
    try {
        session connection(fd, host, origin, trusted);
        connection.secure();
        co_await connection.run(frame);
    } catch (const std::exception& e) {
        host.log.error("a connection ended by an exception", {{"what", e.what()}});
    }
}

// Who may open a unix socket is a proxy of ours; of the others, the configured addresses.
client_origin origin_of(int fd, int family, const service& host) {
    const auto& proxies = *host.trusted_proxies;
    if (family == AF_UNIX) return {{}, proxies, true};
    const auto peer = peer_address(fd).value_or(auth::address{});
    return {peer, proxies, auth::contains(proxies, peer)};
}

} // namespace

void start_session(int fd, service& host) {
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    int family = AF_INET;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &length) == 0)
        family = name.ss_family;
    if (family != AF_UNIX) {
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        // What the kernel took and the client does not: past this it drops the connection.
        const auto unread_ms = static_cast<unsigned>(host.settings.write_timeout.count());
        ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unread_ms, sizeof unread_ms);
    }
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    if (host.tls.context && host.handshakes >= host.tls.handshakes_max) {
        host.metrics.tls.refused.add();
        if (host.on_closed) host.on_closed(fd);
        ::close(fd);
        return;
    }
    const auto origin = origin_of(fd, family, host);
    // Who may open a unix socket is trusted; of the others, the configured addresses.
    const bool trusted = family == AF_UNIX || auth::contains(host.trusted_callers, origin.peer);
    serve(fd, host, origin, trusted);
}

} // namespace latchkey::http

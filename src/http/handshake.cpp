#include "http/handshake.hpp"

#include <latchkey/net/tls/tls_connection.hpp>

namespace latchkey::http {

namespace {

using state = net::tls_connection::state;

// A handshake under way, for the bound on their number.
class counted_handshake {
  public:
    counted_handshake(service& host, int fd) : host_(host), fd_(fd) { ++host_.handshakes; }
    ~counted_handshake() {
        --host_.handshakes;
        if (host_.on_handshake_over) host_.on_handshake_over(fd_);
    }
    counted_handshake(const counted_handshake&) = delete;
    counted_handshake& operator=(const counted_handshake&) = delete;

  private:
    service& host_;
    const int fd_;
};

task<state> negotiate(connection& c, service& host) {
    const counted_handshake under_way(host, c.descriptor());
    c.begin(phase::rest, host.terms.draining ? host.first_wait() : host.tls.handshake_timeout);
    auto then = state::wants_input;
    while (then == state::wants_input || then == state::wants_output) {
        co_await c.until(then == state::wants_input ? net::io_direction::input
                                                    : net::io_direction::output);
        c.expect_bytes(false);
        then = c.transport().tls()->shake_hands();
        if (c.late()) break;
        if (then == state::wants_input) c.transport().acknowledge();
    }
    co_return then;
}

handshake note_failure(connection& c, service& host) {
    if (c.late()) {
        host.metrics.tls.timed_out.add();
        host.log.debug("a TLS handshake took longer than tls.handshake_timeout");
        return handshake::too_late;
    }
    const auto& tls = *c.transport().tls();
    host.metrics.tls.failed.add();
    host.log.debug("a TLS handshake failed", {{"reason", tls.why_failed()}});
    return tls.met_plain_http() ? handshake::plain_http : handshake::failed;
}

void note_success(const net::tls_connection& tls, service& host) {
    auto& counts = tls.resumed() ? host.metrics.tls.resumed : host.metrics.tls.full;
    counts[static_cast<std::size_t>(tls.version())].add();
}

} // namespace

task<handshake> shake_hands(connection& c, service& host) {
    const auto then = co_await negotiate(c, host);
    if (then != state::done) co_return note_failure(c, host);
    note_success(*c.transport().tls(), host);
    // Bytes that arrived with its last part are in OpenSSL's buffer.
    c.expect_bytes(true);
    c.begin(phase::rest, host.first_wait());
    co_return handshake::done;
}

} // namespace latchkey::http

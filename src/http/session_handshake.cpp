// The TLS handshake of a connection, and what follows if it fails.
#include "http/session.hpp"

namespace latchkey::http {

void session::count_handshake() {
    const auto& tls = *transport_.tls();
    auto& counts = tls.resumed() ? host_.metrics.tls.resumed : host_.metrics.tls.full;
    counts[static_cast<std::size_t>(tls.version())].add();
}

void session::end_handshake() {
    --host_.handshakes;
    if (host_.on_handshake_over) host_.on_handshake_over(fd_);
}

// Returns false if the handshake failed and the connection may close.
task<bool> session::shake_hands() {
    using state = net::tls_connection::state;
    phase_ = phase::handshaking;
    ++host_.handshakes;
    set_deadline(host_.terms.draining ? host_.first_wait() : host_.tls.handshake_timeout);
    auto then = state::wants_input;
    while (then == state::wants_input || then == state::wants_output) {
        next_receive_ =
            then == state::wants_output ? net::io_direction::output : net::io_direction::input;
        co_await until(next_receive_);
        unread_ = false;
        then = transport_.tls()->shake_hands();
        if (late_) break;
        if (then == state::wants_input) transport_.acknowledge();
    }
    next_receive_ = net::io_direction::input;
    phase_ = phase::idle;
    end_handshake();
    if (then != state::done) co_return co_await without_handshake(transport_.tls()->why_failed());
    count_handshake();
    // Bytes that arrived with its last part are in OpenSSL's buffer.
    unread_ = true;
    set_deadline(host_.first_wait());
    co_return true;
}

task<bool> session::without_handshake(std::string_view why) {
    if (std::exchange(late_, false)) {
        host_.metrics.tls.timed_out.add();
        host_.log.debug("a TLS handshake took longer than tls.handshake_timeout");
        co_return false;
    }
    host_.metrics.tls.failed.add();
    host_.log.debug("a TLS handshake failed", {{"reason", why}});
    if (transport_.tls()->met_plain_http()) {
        transport_.give_up_tls();
        refuse({400, "this port speaks TLS: ask it with https://"});
        co_return true;
    }
    // The alert that gives the reason is being sent.
    co_return co_await linger();
}

} // namespace latchkey::http

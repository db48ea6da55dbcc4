#include <latchkey/net/transport.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>

namespace latchkey::net {

using state = net::tls_connection::state;

transport::received transport::receive_secured(std::span<char> room) noexcept {
    const auto moved = tls_->read(room);
    return {moved.bytes, moved.bytes > 0 && tls_->may_have_more(), moved.then == state::ended,
            moved.then == state::wants_output ? io_direction::output : io_direction::input};
}

transport::sent transport::send_secured(std::string_view bytes) noexcept {
    const auto moved = tls_->write(bytes);
    return {moved.bytes, moved.then == state::ended,
            moved.then == state::wants_input ? io_direction::input : io_direction::output};
}

void transport::acknowledge() noexcept {
    if (!has_acknowledgements_) return;
    // An even number other than 0 acknowledges at once and then delays as before. With 1, TCP would
    // go on to send separate acknowledgements where an answer could carry them.
    const int once = 2;
    has_acknowledgements_ = ::setsockopt(fd_, IPPROTO_TCP, TCP_QUICKACK, &once, sizeof once) == 0;
}

void transport::say_goodbye() noexcept {
    if (tls_) tls_->close_notify();
    tls_.reset();
}

} // namespace latchkey::net

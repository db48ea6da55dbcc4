#pragma once
// Moves a connection's bytes in and out, plain or by TLS, over one non-blocking socket.

#include <latchkey/net/tls/tls_connection.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace latchkey::net {

/// What the socket must be ready for before the call is tried again.
enum class io_direction { input, output };

/// Does not own the socket. Lives on its connection's worker.
class transport {
  public:
    explicit transport(int fd) : fd_(fd) {}

    struct received {
        std::size_t bytes = 0;
        bool more = false;  ///< try again at once: no event would tell of these bytes
        bool ended = false; ///< the other side ended it, or it is broken
        io_direction next = io_direction::input;
    };
    struct sent {
        std::size_t bytes = 0;
        bool ended = false;
        io_direction next = io_direction::output;
    };

    received receive(std::span<char> room) noexcept {
        if (tls_) return receive_secured(room);
        const auto n = ::recv(fd_, room.data(), room.size(), 0);
        // If less came than was asked for, there is no more now, and an event will tell when there
        // is.
        if (n > 0) return {static_cast<std::size_t>(n), static_cast<std::size_t>(n) == room.size()};
        return {0, n < 0 && errno == EINTR, n == 0 || (errno != EAGAIN && errno != EINTR)};
    }
    sent send(std::string_view bytes) noexcept {
        if (tls_) return send_secured(bytes);
        const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n >= 0) return {static_cast<std::size_t>(n)};
        return {0, errno != EAGAIN && errno != EINTR};
    }

    /// Acknowledges at once what has arrived. TCP would wait up to 40 ms for an answer to send the
    /// acknowledgement with (RFC 1122, section 4.2.3.2), and the client may hold back the rest
    /// until then (Nagle's algorithm, section 4.2.3.4). It works once: later bytes are acknowledged
    /// by TCP's own rules.
    void acknowledge() noexcept;

    /// Call it before the first byte.
    void begin_tls(std::shared_ptr<const net::tls_context> context) {
        tls_ = std::make_unique<net::tls_connection>(std::move(context), fd_);
    }
    /// Null if the connection is plain.
    net::tls_connection* tls() noexcept { return tls_.get(); }
    const net::tls_connection* tls() const noexcept { return tls_.get(); }
    /// Tells the client that nothing more comes. The bytes that arrive afterwards are read without
    /// TLS, and may only be dropped.
    void say_goodbye() noexcept;
    /// Goes on without TLS, in both directions.
    void give_up_tls() noexcept { tls_.reset(); }

  private:
    received receive_secured(std::span<char> room) noexcept;
    sent send_secured(std::string_view bytes) noexcept;

    int fd_;
    bool has_acknowledgements_ = true; // false once the socket turns out not to be TCP
    std::unique_ptr<net::tls_connection> tls_;
};

} // namespace latchkey::net

#pragma once
// A connection's bytes in and out, in the clear or by TLS, over one non-blocking socket.

#include <latchkey/net/tls/tls_connection.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace latchkey::net {

/// What the socket has to be ready for before the same is tried again.
enum class io_direction { input, output };

/// Does not own the socket. Lives on its connection's worker.
class transport {
  public:
    explicit transport(int fd) : fd_(fd) {}

    struct received {
        std::size_t bytes = 0;
        bool more = false;  ///< try again without waiting: the socket would not tell
        bool ended = false; ///< by the other side, or broken
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
        // Less than was asked for: there is no more, and an event will tell when there is.
        if (n > 0) return {static_cast<std::size_t>(n), static_cast<std::size_t>(n) == room.size()};
        return {0, n < 0 && errno == EINTR, n == 0 || (errno != EAGAIN && errno != EINTR)};
    }
    sent send(std::string_view bytes) noexcept {
        if (tls_) return send_secured(bytes);
        const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n >= 0) return {static_cast<std::size_t>(n)};
        return {0, errno != EAGAIN && errno != EINTR};
    }

    /// Acknowledges what has arrived at once, where TCP would wait for an answer to send that with
    /// (RFC 1122, section 4.2.3.2; 40 ms here): the client may keep the rest back until then
    /// (Nagle's algorithm, section 4.2.3.4). For this once: what arrives next is TCP's again.
    void acknowledge() noexcept;

    /// Before the first byte.
    void begin_tls(std::shared_ptr<const net::tls_context> context) {
        tls_ = std::make_unique<net::tls_connection>(std::move(context), fd_);
    }
    /// Null: in the clear.
    net::tls_connection* tls() noexcept { return tls_.get(); }
    const net::tls_connection* tls() const noexcept { return tls_.get(); }
    /// Says that nothing more comes; what arrives from now on is read as it is, and only dropped.
    void say_goodbye() noexcept;
    /// From now on in the clear, both ways.
    void give_up_tls() noexcept { tls_.reset(); }

  private:
    received receive_secured(std::span<char> room) noexcept;
    sent send_secured(std::string_view bytes) noexcept;

    int fd_;
    bool has_acknowledgements_ = true; // until the socket says that it is none of TCP
    std::unique_ptr<net::tls_connection> tls_;
};

} // namespace latchkey::net

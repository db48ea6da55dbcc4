#pragma once
// Whether a socket can be read or written, as far as an edge-triggered epoll set has told it.

#include <latchkey/net/transport.hpp>

#include <sys/epoll.h>

#include <cstdint>

namespace latchkey::http {

/// An event tells of a change only once, so this remembers that something is unread until a read
/// has found no more. A plain state machine.
class socket_readiness {
  public:
    /// Takes the events of net::watched::ready.
    void tell(std::uint32_t events) noexcept {
        if (events & ended) hung_up_ = true;
        if (events & (EPOLLIN | ended)) unread_ = true;
    }
    /// True if these events, which were told, let somebody go on who waits for `what`. A deferred
    /// turn (no events) does, unless there is nothing to read.
    bool allows(net::io_direction what, std::uint32_t events) const noexcept {
        if (what == net::io_direction::input) return unread_;
        return events == 0 || (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
    }

    /// Call it after each read. After the other side has hung up, no event tells of the end of the
    /// bytes: only a read that finds none does.
    void read(bool found_bytes, bool more) noexcept { unread_ = more || (found_bytes && hung_up_); }
    /// Call it if something else has read the socket: whether bytes are here that no event tells
    /// of.
    void expect(bool bytes) noexcept { unread_ = bytes; }

    /// True if something has arrived since the last read, or the last read has left something.
    bool unread() const noexcept { return unread_; }

  private:
    static constexpr std::uint32_t ended = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

    bool unread_ = false;
    bool hung_up_ = false;
};

} // namespace latchkey::http

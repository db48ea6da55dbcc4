#pragma once
// Accepts connections on the control thread and hands each to whoever has the fewest.

#include <latchkey/core/log.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/core/result.hpp>

#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace latchkey::server {

/// Control thread only.
class listener {
  public:
    /// Takes over a connected socket.
    using take_connection = std::function<void(int fd)>;

    virtual ~listener() = default;
    /// No further connection is accepted; those not accepted yet are refused by the kernel.
    virtual void close() = 0;
    /// Where it listens: host:port with the real port, or a path.
    virtual std::string address() const = 0;
};

/// `address` is host:port or [v6]:port; port 0 takes a free one. A host name is resolved, blocking.
/// The failure's sentence says what to do about an address in use.
core::result<std::unique_ptr<listener>> listen_tcp(boost::asio::io_context&,
                                                   const std::string& address, core::logger&,
                                                   listener::take_connection);

/// A unix socket with mode 0660. A stale file of a dead server is replaced; a live server's is not.
/// Removed on close.
core::result<std::unique_ptr<listener>> listen_unix(boost::asio::io_context&,
                                                    const std::string& path, core::logger&,
                                                    listener::take_connection);

} // namespace latchkey::server

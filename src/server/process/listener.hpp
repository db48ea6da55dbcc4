#pragma once
// Accepts connections on the control thread and hands them to their owner.

#include "server/process/passed_sockets.hpp"
#include "server/settings/listen_places.hpp"

#include <latchkey/core/log.hpp>
#include <latchkey/core/metrics.hpp>
#include <latchkey/core/result.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace boost::asio {
class io_context;
}

namespace latchkey::server {

/// The owner of the connections. Both functions take over the connected socket.
struct connection_owner {
    std::function<void(int fd)> take;
    /// Tells the client that there are no descriptors left, and closes the connection.
    std::function<void(int fd)> turn_away;
};

/// The kinds of errors of accept(2).
enum class accept_trouble {
    of_one_client,  ///< that connection is gone: accept the next one
    no_descriptors, ///< the clients that wait are turned away
    other,          ///< such as a lack of memory: clients wait
};
accept_trouble trouble_of(int error);

/// For the control thread only.
class listener {
  public:
    virtual ~listener() = default;
    /// Begins to accept. Until then clients wait in the kernel's queue.
    virtual void open() = 0;
    /// Accepts no further connections. Clients that are in the kernel's queue are accepted before,
    /// and later ones are refused. With a passed socket the queue is left to the next process.
    virtual void close() = 0;
    /// Returns host:port with the real port, or a path.
    virtual std::string address() const = 0;
};

/// Listens on host and port; port 0 takes a free one. Blocks while it resolves a host name.
/// `only_ipv6`: takes no IPv4 connections. A failure's sentence says what to do about an address in
/// use, by the setting that names it.
core::result<std::unique_ptr<listener>> listen_tcp(boost::asio::io_context&, const listen_place&,
                                                   bool only_ipv6, core::logger&, connection_owner,
                                                   std::string_view setting = "server.listen");

/// Takes over a listening socket that was passed to this process.
core::result<std::unique_ptr<listener>>
listen_passed(boost::asio::io_context&, const passed_socket&, core::logger&, connection_owner);

struct socket_file {
    std::string path;
    mode_t mode = 0660;
    std::string_view setting = "admin.socket"; ///< the setting that names it, for messages
};

/// Listens on a unix socket. Replaces the stale file of a dead server; fails if another server may
/// be alive behind it. The file is removed on close, if it is still the same one.
core::result<std::unique_ptr<listener>> listen_unix(boost::asio::io_context&, const socket_file&,
                                                    core::logger&, connection_owner);

} // namespace latchkey::server

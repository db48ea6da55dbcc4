#pragma once
// Accepts connections on the control thread and hands each to whoever has the fewest.

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

/// Whose the connections are. Both take over the connected socket.
struct connection_owner {
    std::function<void(int fd)> take;
    /// There is no descriptor to serve it with: is told so, as its protocol says, and closed.
    std::function<void(int fd)> turn_away;
};

/// What is to be done about a connection that could not be accepted, by accept(2)'s errno.
enum class accept_trouble {
    of_one_client,  ///< that connection is gone: on to the next
    no_descriptors, ///< those who wait are turned away
    other,          ///< memory is short, or the like: they wait
};
accept_trouble trouble_of(int error);

/// Control thread only.
class listener {
  public:
    virtual ~listener() = default;
    /// Begins to accept. Until then the kernel keeps those who connect waiting.
    virtual void open() = 0;
    /// No further connection is accepted. Those who connected before are taken, as many as the
    /// kernel's queue holds, and it refuses the next; but behind a passed socket they wait for who
    /// accepts there next.
    virtual void close() = 0;
    /// Where it listens: host:port with the real port, or a path.
    virtual std::string address() const = 0;
};

/// Of host and port; port 0 takes a free one. A host name is resolved, blocking. `only_ipv6`: the
/// addresses of IPv4 are left to others. The failure's sentence says what to do about an address in
/// use.
core::result<std::unique_ptr<listener>> listen_tcp(boost::asio::io_context&, const listen_place&,
                                                   bool only_ipv6, core::logger&, connection_owner);

/// A socket that listens already, from whoever started this process; it is taken over.
core::result<std::unique_ptr<listener>>
listen_passed(boost::asio::io_context&, const passed_socket&, core::logger&, connection_owner);

struct socket_file {
    std::string path;
    mode_t mode = 0660;
    std::string_view setting = "admin.socket"; ///< which names it, for messages
};

/// A unix socket. The stale file of a dead server is replaced; where somebody may be behind it, it
/// is not, and the failure says so. Removed on close, if it is still the same file.
core::result<std::unique_ptr<listener>> listen_unix(boost::asio::io_context&, const socket_file&,
                                                    core::logger&, connection_owner);

} // namespace latchkey::server

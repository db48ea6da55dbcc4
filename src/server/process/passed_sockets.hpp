#pragma once
// Takes sockets that the parent process opened (socket activation: sd_listen_fds(3)). They outlive
// this process, so that no connection is refused between one process and the next.

#include <latchkey/core/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::server {

struct passed_socket {
    int fd = -1;
    int family = 0; ///< AF_INET, AF_INET6, AF_UNIX
    std::string name;
};

struct passed_sockets {
    std::vector<passed_socket> api;     ///< TCP and unix
    std::optional<passed_socket> admin; ///< the unix socket with the name "admin"
};

/// The texts of LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES; empty: not set.
struct passed_variables {
    std::string_view pid;
    std::string_view count;
    std::string_view names;
};

/// Returns the sockets that were passed to process `own_pid`, which begin at `first_fd`; none if
/// the variables are for another process. Each must be a listening stream socket; otherwise fails
/// with a sentence that says what to change. Children do not inherit them.
core::result<passed_sockets> read_passed_sockets(const passed_variables&, int own_pid,
                                                 int first_fd = 3);

/// Whether the environment says that sockets were passed to this process.
bool sockets_are_passed();

/// Does the same with the variables of the environment, and removes them there. Call it before
/// there are other threads.
core::result<passed_sockets> take_passed_sockets();

} // namespace latchkey::server

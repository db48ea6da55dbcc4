#pragma once
// Sockets that were opened by whoever started the process (socket activation: sd_listen_fds(3)), so
// that they outlive it: no connection is refused between one process and the next.

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

/// What LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES say, as their texts; empty: not set.
struct passed_variables {
    std::string_view pid;
    std::string_view count;
    std::string_view names;
};

/// The sockets that were passed to process `own_pid`: those from `first_fd` on. None, when the
/// variables are for another. Each must be a listening stream socket; else a sentence with the
/// mend. They will not be inherited by children.
core::result<passed_sockets> read_passed_sockets(const passed_variables&, int own_pid,
                                                 int first_fd = 3);

/// Does the environment say that this process was passed any?
bool sockets_are_passed();

/// The same from the environment, where the variables are then taken away. Before there are
/// threads.
core::result<passed_sockets> take_passed_sockets();

} // namespace latchkey::server

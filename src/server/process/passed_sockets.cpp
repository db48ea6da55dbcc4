#include "server/process/passed_sockets.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>

namespace latchkey::server {

namespace {

using core::failure;
using core::failure_kind;

constexpr std::string_view admin_name = "admin";
constexpr int sockets_max = 64;

std::optional<int> number(std::string_view text) {
    int n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return n;
}

int option_of(int fd, int name) {
    int value = -1;
    socklen_t length = sizeof value;
    return ::getsockopt(fd, SOL_SOCKET, name, &value, &length) == 0 ? value : -1;
}

// Returns an empty text if the socket can be used.
std::string what_is_wrong_with(const passed_socket& s) {
    if (option_of(s.fd, SO_TYPE) != SOCK_STREAM || option_of(s.fd, SO_ACCEPTCONN) != 1)
        return "is no listening stream socket: use ListenStream= with Accept=no";
    const bool known = s.family == AF_INET || s.family == AF_INET6 || s.family == AF_UNIX;
    if (s.name == admin_name && s.family != AF_UNIX)
        return "is the admin socket and no unix socket: give ListenStream= a path";
    if (!known)
        return "is neither a TCP nor a unix socket: give ListenStream= an address and a port, or a "
               "path";
    return {};
}

std::string_view take_name(std::string_view& names) {
    const auto colon = names.find(':');
    const auto name = names.substr(0, colon);
    names.remove_prefix(colon == std::string_view::npos ? names.size() : colon + 1);
    return name;
}

} // namespace

core::result<passed_sockets> read_passed_sockets(const passed_variables& variables, int own_pid,
                                                 int first_fd) {
    passed_sockets out;
    if (number(variables.pid) != own_pid) return out;
    const auto count = number(variables.count);
    if (!count || *count < 0 || *count > sockets_max)
        return failure{failure_kind::invalid, "LISTEN_FDS = \"" + std::string(variables.count) +
                                                  "\" is no number of sockets from 0 to " +
                                                  std::to_string(sockets_max)};
    auto names = variables.names;
    for (int fd = first_fd; fd < first_fd + *count; ++fd) {
        passed_socket one{fd, option_of(fd, SO_DOMAIN), std::string(take_name(names))};
        if (const auto wrong = what_is_wrong_with(one); !wrong.empty())
            return failure{failure_kind::invalid, "the passed socket " + std::to_string(fd) +
                                                      " (\"" + one.name + "\") " + wrong};
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
        if (one.name != admin_name)
            out.api.push_back(std::move(one));
        else if (!out.admin)
            out.admin = std::move(one);
        else
            return failure{failure_kind::invalid,
                           "two sockets named \"admin\" were passed: one is enough"};
    }
    return out;
}

bool sockets_are_passed() {
    const char* pid = std::getenv("LISTEN_PID");
    return pid && number(pid) == ::getpid();
}

core::result<passed_sockets> take_passed_sockets() {
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);
        return std::string_view(value ? value : "");
    };
    auto out = read_passed_sockets(
        {variable("LISTEN_PID"), variable("LISTEN_FDS"), variable("LISTEN_FDNAMES")}, ::getpid());
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
        ::unsetenv(name);
    return out;
}

} // namespace latchkey::server

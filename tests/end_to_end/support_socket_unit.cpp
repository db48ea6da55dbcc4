#include "../support/loopback.hpp"
#include "socket_unit.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace latchkey::test {

namespace {

using clock = std::chrono::steady_clock;
constexpr int first_passed = 3;

int listen_anywhere(int& port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    port = bind_to_free_port(fd);
    if (::listen(fd, 4096) != 0) throw std::runtime_error("no socket to listen on");
    return fd;
}

int listen_at(const std::string& path) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
        ::listen(fd, 4096) != 0)
        throw std::runtime_error("no socket to listen on");
    return fd;
}

int hear_notices(const std::string& path) {
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0)
        throw std::runtime_error("no socket for notices");
    return fd;
}

} // namespace

socket_unit::socket_unit(const std::string& toml, bool with_admin)
    : listening_{listen_anywhere(port_), listen_at(api_socket())},
      names_("latchkey.socket:latchkey.socket"),
      notices_(hear_notices(folder_.file("notify"))) {
    if (with_admin) {
        listening_.push_back(listen_at(admin_socket()));
        listening_.push_back(listen_anywhere(other_port_));
        names_ += ":admin:latchkey.socket";
    }
    // The server must not open a socket where the passed one is.
    std::ofstream(folder_.file("latchkey.toml"))
        << "[admin]\nsocket = \"" << admin_socket() << "\"\n"
        << toml;
}

socket_unit::~socket_unit() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    for (const int fd : listening_)
        ::close(fd);
    ::close(notices_);
}

void socket_unit::start() {
    told_.clear();
    const auto config = folder_.file("latchkey.toml");
    const auto log = folder_.file("log");
    const auto notify = folder_.file("notify");
    const auto watchdog_us = std::to_string(watchdog.count());
    const auto binary = latchkey_binary();
    pid_ = ::fork();
    if (pid_ != 0) return;
    const int in = ::open("/dev/null", O_RDONLY);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(out, 2);
    // Moves them to high numbers first, because one may have the number that another has to get.
    std::vector<int> passed;
    for (const int fd : listening_)
        passed.push_back(::fcntl(fd, F_DUPFD_CLOEXEC, 64));
    for (std::size_t i = 0; i < passed.size(); ++i)
        ::dup2(passed[i], first_passed + static_cast<int>(i));
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", std::to_string(passed.size()).c_str(), 1);
    ::setenv("LISTEN_FDNAMES", names_.c_str(), 1);
    ::setenv("NOTIFY_SOCKET", notify.c_str(), 1);
    if (watchdog.count() > 0) ::setenv("WATCHDOG_USEC", watchdog_us.c_str(), 1);
    ::execl(binary.c_str(), binary.c_str(), "serve", "--config", config.c_str(), nullptr);
    ::_exit(127);
}

void socket_unit::signal(int number) const {
    ::kill(pid_, number);
}

int socket_unit::stop(std::chrono::milliseconds within) {
    signal(SIGTERM);
    return wait(within);
}

int socket_unit::wait(std::chrono::milliseconds within) {
    return wait_for_exit_of(pid_, within);
}

std::string socket_unit::told() {
    char bytes[4096];
    for (;;) {
        const auto n = ::recv(notices_, bytes, sizeof bytes, 0);
        if (n <= 0) return told_;
        told_.append(bytes, static_cast<std::size_t>(n));
    }
}

bool socket_unit::hears(std::string_view text, std::chrono::milliseconds within) {
    const auto end = clock::now() + within;
    while (told().find(text) == std::string::npos) {
        if (clock::now() >= end) return false;
        pollfd readable{notices_, POLLIN, 0};
        ::poll(&readable, 1, 50);
    }
    return true;
}

std::string socket_unit::log() const {
    std::ifstream file(folder_.file("log"));
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

} // namespace latchkey::test

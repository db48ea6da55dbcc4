#include "../support/loopback.hpp"
#include "faulty_proxy.hpp"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace latchkey::test {

namespace {

constexpr std::size_t under_way_max = 64;

sockaddr_un address_of(const std::string& path) {
    sockaddr_un a{};
    a.sun_family = AF_UNIX;
    if (path.size() >= sizeof a.sun_path) throw std::runtime_error("the socket's path is too long");
    std::memcpy(a.sun_path, path.c_str(), path.size() + 1);
    return a;
}

int connect_to(const std::string& path) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto a = address_of(path);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0) return fd;
    ::close(fd);
    return -1;
}

void listen_to(int fd) {
    if (::listen(fd, 100) != 0) throw std::runtime_error("the proxy cannot listen");
}

int listen_at(const std::string& path) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto a = address_of(path);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0)
        throw std::runtime_error("the proxy cannot bind");
    listen_to(fd);
    return fd;
}

// A TCP peer gets a reset, a unix peer just the end.
void break_off(int fd) {
    const linger at_once{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(fd);
}

} // namespace

faulty_proxy::faulty_proxy(const std::string& socket) : target_(socket) {
    unix_ = listen_at(folder_.file(".s.PGSQL.5432"));
    tcp_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    port_ = bind_to_free_port(tcp_);
    listen_to(tcp_);
    thread_ = std::thread([this] { run(); });
}

faulty_proxy::~faulty_proxy() {
    ending_ = true;
    thread_.join();
    break_all();
    ::close(unix_);
    ::close(tcp_);
}

std::string faulty_proxy::folder() const {
    const auto path = folder_.file("x");
    return path.substr(0, path.rfind('/'));
}

void faulty_proxy::break_all() {
    for (const auto& l : links_) {
        break_off(l.there.from);
        break_off(l.there.to);
    }
    links_.clear();
}

void faulty_proxy::accept_from(int listener) {
    const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    const int on = 1;
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // no effect on unix sockets
    const int server = connect_to(target_);
    if (server < 0) return break_off(client);
    links_.push_back({{client, server, {}}, {server, client, {}}});
}

// Returns false if that side has ended.
bool faulty_proxy::read(direction& d, short events) const {
    if (events == 0 || d.under_way.size() >= under_way_max) return true;
    char bytes[65536];
    const auto n = ::recv(d.from, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0) return errno == EAGAIN;
    if (n == 0) return false;
    d.under_way.push_back({clock::now() + std::chrono::milliseconds(delay_ms_),
                           std::string(bytes, static_cast<std::size_t>(n))});
    return true;
}

bool faulty_proxy::write(direction& d) const {
    while (!d.under_way.empty() && d.under_way.front().due <= clock::now()) {
        auto& bytes = d.under_way.front().bytes;
        const bool trickles = how_ == manner::trickle;
        const auto n =
            ::send(d.to, bytes.data(), trickles ? 1 : bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0) return errno == EAGAIN;
        bytes.erase(0, static_cast<std::size_t>(n));
        if (bytes.empty()) d.under_way.pop_front();
        if (trickles) return true;
    }
    return true;
}

void faulty_proxy::turn() {
    std::vector<pollfd> all{{unix_, POLLIN, 0}, {tcp_, POLLIN, 0}};
    bool busy = false;
    for (const auto& l : links_)
        for (const auto* d : {&l.there, &l.back}) {
            all.push_back({d->from, POLLIN, 0});
            busy = busy || !d->under_way.empty();
        }
    const int look_up_ms = !busy ? 5 : how_ == manner::trickle ? 0 : 1;
    ::poll(all.data(), all.size(), look_up_ms);
    std::size_t at = 2;
    for (auto l = links_.begin(); l != links_.end();) {
        const bool good = read(l->there, all[at].revents) && read(l->back, all[at + 1].revents) &&
                          write(l->there) && write(l->back);
        at += 2;
        if (!good) {
            ::close(l->there.from);
            ::close(l->there.to);
        }
        l = good ? std::next(l) : links_.erase(l);
    }
    for (std::size_t i = 0; i < 2; ++i)
        if (all[i].revents != 0) accept_from(all[i].fd);
}

void faulty_proxy::run() {
    while (!ending_) {
        if (reset_.exchange(false)) break_all();
        if (how_ == manner::stall)
            ::poll(nullptr, 0, 5);
        else
            turn();
    }
}

} // namespace latchkey::test

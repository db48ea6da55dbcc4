#include "stalling_proxy.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <vector>

namespace latchkey::test {

namespace {

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

struct pair_of_sockets {
    int client;
    int server;
};

// False: one side has ended.
bool pass_on(int from, int to) {
    char bytes[65536];
    const auto n = ::recv(from, bytes, sizeof bytes, 0);
    return n > 0 && ::send(to, bytes, static_cast<std::size_t>(n), MSG_NOSIGNAL) == n;
}

} // namespace

stalling_proxy::stalling_proxy(const std::string& socket) : target_(socket) {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto a = address_of(folder_.file(".s.PGSQL.5432"));
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&a), sizeof a) != 0 ||
        ::listen(listener_, 100) != 0)
        throw std::runtime_error("the proxy cannot listen");
    thread_ = std::thread([this] { run(); });
}

stalling_proxy::~stalling_proxy() {
    ending_ = true;
    thread_.join();
    ::close(listener_);
}

std::string stalling_proxy::folder() const {
    const auto path = folder_.file("x");
    return path.substr(0, path.rfind('/'));
}

void stalling_proxy::run() {
    constexpr int look_up_ms = 5;
    std::vector<pair_of_sockets> pairs;
    while (!ending_) {
        if (stalled_) {
            ::poll(nullptr, 0, look_up_ms);
            continue;
        }
        std::vector<pollfd> all{{listener_, POLLIN, 0}};
        for (const auto& p : pairs) {
            all.push_back({p.client, POLLIN, 0});
            all.push_back({p.server, POLLIN, 0});
        }
        if (::poll(all.data(), all.size(), look_up_ms) <= 0 || stalled_) continue;
        std::vector<pair_of_sockets> kept;
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            const auto& p = pairs[i];
            const bool good = (all[2 * i + 1].revents == 0 || pass_on(p.client, p.server)) &&
                              (all[2 * i + 2].revents == 0 || pass_on(p.server, p.client));
            if (good) {
                kept.push_back(p);
            } else {
                ::close(p.client);
                ::close(p.server);
            }
        }
        pairs = kept;
        if (all[0].revents != 0) {
            const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            const int server = connect_to(target_);
            if (client >= 0 && server >= 0)
                pairs.push_back({client, server});
            else
                ::close(client);
        }
    }
    for (const auto& p : pairs) {
        ::close(p.client);
        ::close(p.server);
    }
}

} // namespace latchkey::test

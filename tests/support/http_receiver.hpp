#pragma once
// A plain HTTP server on 127.0.0.1, in the test's process: one thread with blocking sockets, which
// keeps what it was sent. And a proxy that makes tunnels (CONNECT).

#include "loopback.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace latchkey::test {

/// Listens, and meets one connection after the other on a thread of its own.
class loopback_server {
  public:
    virtual ~loopback_server() = default;
    loopback_server(const loopback_server&) = delete;
    loopback_server& operator=(const loopback_server&) = delete;

    int port() const noexcept { return port_; }

  protected:
    loopback_server() {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        port_ = bind_to_free_port(listener_);
        if (::listen(listener_, 64) != 0) throw std::runtime_error("cannot listen");
    }
    /// Call these in the constructor and the destructor of the last class.
    void begin() {
        thread_ = std::thread([this] { serve(); });
    }
    void end() {
        stopping_ = true;
        ::shutdown(listener_, SHUT_RDWR);
        ::shutdown(current_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    virtual void meet(int fd) = 0;

    /// Reads up to the end of the header; empty if there is none. What follows it stays in `rest`.
    static std::string read_head(int fd, std::string& rest) {
        for (;;) {
            if (const auto end = rest.find("\r\n\r\n"); end != rest.npos) {
                auto head = rest.substr(0, end + 4);
                rest.erase(0, end + 4);
                return head;
            }
            if (!read_more(fd, rest)) return {};
        }
    }
    static bool read_more(int fd, std::string& to) {
        char buffer[16384];
        const auto n = ::recv(fd, buffer, sizeof buffer, 0);
        if (n > 0) to.append(buffer, static_cast<std::size_t>(n));
        return n > 0;
    }
    static void send(int fd, std::string_view bytes) {
        while (!bytes.empty()) {
            const auto n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) return;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
    }

  private:
    void serve() {
        while (!stopping_) {
            const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) continue;
            const timeval patience{5, 0};
            ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
            current_ = fd;
            meet(fd);
            current_ = -1;
            ::close(fd);
        }
    }

    int listener_ = -1;
    int port_ = 0;
    std::atomic<int> current_ = -1;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

class http_receiver final : public loopback_server {
  public:
    struct received {
        std::string head;
        std::string body;
    };

    explicit http_receiver(std::string answer = "{}") : answer_(std::move(answer)) { begin(); }
    ~http_receiver() override { end(); }

    void answer_with(int status, std::string body) {
        const std::lock_guard lock(mutex_);
        status_ = status;
        answer_ = std::move(body);
    }
    std::vector<received> all() const {
        const std::lock_guard lock(mutex_);
        return all_;
    }
    std::string url(std::string_view path) const {
        return "http://127.0.0.1:" + std::to_string(port()) + std::string(path);
    }

  private:
    void meet(int fd) override {
        std::string rest;
        const auto head = read_head(fd, rest);
        if (head.empty()) return;
        constexpr std::string_view length = "\r\nContent-Length: ";
        const auto at = head.find(length);
        const auto bytes =
            at == head.npos ? 0ul : std::strtoul(head.c_str() + at + length.size(), nullptr, 10);
        while (rest.size() < bytes)
            if (!read_more(fd, rest)) return;
        std::string told;
        {
            const std::lock_guard lock(mutex_);
            all_.push_back({head, rest});
            told = "HTTP/1.1 " + std::to_string(status_) +
                   " X\r\nContent-Type: application/json\r\nContent-Length: " +
                   std::to_string(answer_.size()) + "\r\nConnection: close\r\n\r\n" + answer_;
        }
        send(fd, told);
    }

    mutable std::mutex mutex_;
    int status_ = 200;
    std::string answer_;
    std::vector<received> all_;
};

/// Tunnels to ports of 127.0.0.1, whatever host is asked for.
class connect_proxy final : public loopback_server {
  public:
    connect_proxy() { begin(); }
    ~connect_proxy() override { end(); }

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
    /// Of the last request.
    std::string head() const {
        const std::lock_guard lock(mutex_);
        return head_;
    }
    void refuse(int status) { refused_ = status; }

  private:
    void meet(int fd) override {
        std::string rest;
        const auto head = read_head(fd, rest);
        {
            const std::lock_guard lock(mutex_);
            head_ = head;
        }
        const auto colon = head.find(':');
        if (!head.starts_with("CONNECT ") || colon == head.npos) return;
        if (refused_ != 0)
            return send(fd, "HTTP/1.1 " + std::to_string(refused_) +
                                " No\r\nContent-Length: 0\r\n\r\n");
        const int other = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const auto where = loopback(std::atoi(head.c_str() + colon + 1));
        if (::connect(other, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0) {
            send(fd, "HTTP/1.1 200 Connection established\r\n\r\n");
            pump(fd, other);
        }
        ::close(other);
    }
    static void pump(int a, int b) {
        pollfd both[] = {{a, POLLIN, 0}, {b, POLLIN, 0}};
        while (::poll(both, 2, 5000) > 0)
            for (int i = 0; i < 2; ++i) {
                if (both[i].revents == 0) continue;
                std::string bytes;
                if (!read_more(both[i].fd, bytes)) return;
                send(both[1 - i].fd, bytes);
            }
    }

    mutable std::mutex mutex_;
    std::string head_;
    std::atomic<int> refused_ = 0;
};

} // namespace latchkey::test

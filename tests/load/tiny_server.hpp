#pragma once
// An HTTP server in the test's process, by TCP, a unix socket or TLS: a thread for each connection,
// which reads requests that have a length or no body, and asks a function for the answers.

#include "../support/certificates.hpp"
#include "../support/loopback.hpp"

#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace load::test {

struct reply {
    std::string bytes;
    bool closes = false;
};

inline reply answer(int status, const std::string& body) {
    return {"HTTP/1.1 " + std::to_string(status) +
            " Some\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body};
}

using server_context = std::unique_ptr<SSL_CTX, latchkey::test::freed_by<SSL_CTX_free>>;

inline server_context tls_as(const latchkey::test::identity& who) {
    server_context out(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate(out.get(), who.certificate.get());
    SSL_CTX_use_PrivateKey(out.get(), who.key.get());
    return out;
}

class tiny_server {
  public:
    /// Gets the request, and how many came before it.
    using handler = std::function<reply(const std::string& request, int before)>;

    explicit tiny_server(handler answers, server_context tls = nullptr)
        : answers_(std::move(answers)),
          tls_(std::move(tls)),
          listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        begin("127.0.0.1:" + std::to_string(latchkey::test::bind_to_free_port(listener_)));
    }
    tiny_server(handler answers, const std::string& path)
        : answers_(std::move(answers)), listener_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
        sockaddr_un where{};
        where.sun_family = AF_UNIX;
        std::strncpy(where.sun_path, path.c_str(), sizeof where.sun_path - 1);
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0)
            throw std::runtime_error("cannot bind " + path);
        begin("unix:" + path);
    }
    tiny_server(const tiny_server&) = delete;
    tiny_server& operator=(const tiny_server&) = delete;
    ~tiny_server() {
        ::shutdown(listener_, SHUT_RDWR);
        accepting_.join();
        for (const int fd : sockets_)
            ::shutdown(fd, SHUT_RDWR);
        for (auto& each : threads_)
            each.join();
        for (const int fd : sockets_)
            ::close(fd);
        ::close(listener_);
    }

    const std::string& to() const { return to_; }
    int connections() const { return connections_; }
    int requests() const { return requests_; }

  private:
    using ssl_ptr = std::unique_ptr<SSL, latchkey::test::freed_by<SSL_free>>;

    void begin(std::string to) {
        to_ = std::move(to);
        if (::listen(listener_, 256) != 0) throw std::runtime_error("cannot listen");
        accepting_ = std::thread([this] {
            for (int fd; (fd = ::accept(listener_, nullptr, nullptr)) >= 0;) {
                ++connections_;
                sockets_.push_back(fd);
                threads_.emplace_back([this, fd] { meet(fd); });
            }
        });
    }

    void meet(int fd) {
        ssl_ptr ssl;
        if (tls_) {
            ssl.reset(SSL_new(tls_.get()));
            SSL_set_fd(ssl.get(), fd);
            if (SSL_accept(ssl.get()) != 1) return (void)::shutdown(fd, SHUT_RDWR);
        }
        for (std::string request; read_request(fd, ssl.get(), request);) {
            const auto out = answers_(request, requests_++);
            const auto size = out.bytes.size();
            const bool sent =
                size == 0 ||
                (ssl ? SSL_write(ssl.get(), out.bytes.data(), static_cast<int>(size)) > 0
                     : ::send(fd, out.bytes.data(), size, MSG_NOSIGNAL) > 0);
            if (!sent || out.closes) break;
        }
        ::shutdown(fd, SHUT_RDWR);
    }

    static bool read_request(int fd, SSL* ssl, std::string& request) {
        request.clear();
        char bytes[4096];
        while (!is_whole(request)) {
            const auto n =
                ssl ? SSL_read(ssl, bytes, sizeof bytes) : ::recv(fd, bytes, sizeof bytes, 0);
            if (n <= 0) return false;
            request.append(bytes, static_cast<std::size_t>(n));
        }
        return true;
    }

    static bool is_whole(const std::string& request) {
        const auto end = request.find("\r\n\r\n");
        if (end == request.npos) return false;
        const auto length = request.find("Content-Length: ");
        return request.size() ==
               end + 4 + (length == request.npos ? 0 : std::stoul(request.substr(length + 16)));
    }

    handler answers_;
    server_context tls_;
    int listener_;
    std::string to_;
    std::atomic<int> connections_ = 0;
    std::atomic<int> requests_ = 0;
    std::thread accepting_;
    std::vector<int> sockets_; // of the accepting thread, until it has ended
    std::vector<std::thread> threads_;
};

} // namespace load::test

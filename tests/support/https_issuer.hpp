#pragma once
// An issuer on 127.0.0.1, in the test's process: one thread with blocking sockets, which behaves as
// well or as badly as it is told. It serves one connection at a time; stalled ones stay open.

#include "certificates.hpp"
#include "loopback.hpp"

#include <openssl/ssl.h>

#include <csignal>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace latchkey::test {

/// How the next requests are answered.
struct issuer_behaviour {
    enum class manner {
        answer,          ///< with status, fields and body
        stall,           ///< says nothing after accept
        stall_in_tls,    ///< says nothing after the handshake
        close_in_body,   ///< promises more than `body` and closes
        garbage,         ///< bytes that are not HTTP, over TLS
        plain_garbage,   ///< bytes that are not TLS
        close_at_once,   ///< after accept
        endless_header,  ///< header fields without end
        endless_chunks,  ///< a body of tiny chunks with long extensions, as fast as they are read
        until_it_closes, ///< a body without a length, ended by TLS
        truncated,       ///< the same, ended by the socket alone
    };
    manner how = manner::answer;
    int status = 200;
    std::string fields{}; ///< each ends in CR LF
    std::string body = R"({"keys":[]})";
    bool wrong_host = false; ///< its certificate is for another host
    bool foreign = false;    ///< its certificate is of an authority that no client trusts
};

class https_issuer {
  public:
    using behaviour = issuer_behaviour;

    https_issuer() {
        auto pattern = (std::filesystem::temp_directory_path() / "latchkey-issuer-XXXXXX").string();
        require(::mkdtemp(pattern.data()) != nullptr, "a folder");
        folder_ = pattern;
        authority_.write(ca_file());
        right_ = context_of(authority_.issue("DNS:localhost,DNS:issuer.test,IP:127.0.0.1"));
        wrong_ = context_of(authority_.issue("DNS:elsewhere.example"));
        foreign_ = context_of(certificate_authority("A stranger").issue("DNS:localhost"));
        listen();
        thread_ = std::thread([this] { serve(); });
    }
    ~https_issuer() {
        stopping_ = true;
        ::shutdown(listener_, SHUT_RDWR);
        ::shutdown(current_.load(), SHUT_RDWR);
        thread_.join();
        release();
        ::close(listener_);
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    https_issuer(const https_issuer&) = delete;
    https_issuer& operator=(const https_issuer&) = delete;

    void behave(behaviour b) {
        const std::lock_guard lock(mutex_);
        behaviour_ = std::move(b);
    }
    void publish(std::string jwks, std::string fields = {}) {
        behave({.fields = std::move(fields), .body = std::move(jwks)});
    }

    int port() const noexcept { return port_; }
    std::string url(std::string_view path = "/jwks.json",
                    std::string_view host = "localhost") const {
        return "https://" + std::string(host) + ':' + std::to_string(port_) + std::string(path);
    }
    std::string ca_file() const { return folder_ + "/ca.pem"; }
    /// Connections accepted so far, and requests received over TLS so far.
    int connections() const noexcept { return connections_; }
    int requests() const noexcept { return requests_; }
    std::string last_request() const {
        const std::lock_guard lock(mutex_);
        return last_request_;
    }

  private:
    using context_ptr = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
    using ssl_ptr = std::unique_ptr<SSL, freed_by<SSL_free>>;
    using manner = behaviour::manner;

    static context_ptr context_of(const identity& who) {
        context_ptr out(SSL_CTX_new(TLS_server_method()));
        require(out && SSL_CTX_use_certificate(out.get(), who.certificate.get()) == 1 &&
                    SSL_CTX_use_PrivateKey(out.get(), who.key.get()) == 1,
                "a server's context");
        return out;
    }
    void listen() {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        port_ = bind_to_free_port(listener_);
        require(::listen(listener_, 64) == 0, "a listening socket");
    }

    void serve() {
        // A client that goes away must not end the tests.
        sigset_t pipe;
        sigemptyset(&pipe);
        sigaddset(&pipe, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
        while (!stopping_) {
            const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) continue;
            ++connections_;
            const timeval patience{5, 0};
            ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
            ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
            current_ = fd;
            const bool stalled = meet(fd);
            current_ = -1;
            if (stalled)
                stalled_.push_back(fd);
            else
                ::close(fd);
        }
    }
    // Serves one connection. Returns true if it stays open.
    bool meet(int fd) {
        behaviour b;
        {
            const std::lock_guard lock(mutex_);
            b = behaviour_;
        }
        if (b.how == manner::stall) return true;
        if (b.how == manner::close_at_once) return false;
        if (b.how == manner::plain_garbage) {
            (void)!::send(fd, "220 smtp.example\r\n", 18, MSG_NOSIGNAL);
            char ignored[512];
            (void)!::recv(fd, ignored, sizeof ignored, 0); // its hello, or closing sends a reset
            return false;
        }
        const auto& context = b.foreign ? foreign_ : b.wrong_host ? wrong_ : right_;
        ssl_ptr ssl(SSL_new(context.get()));
        SSL_set_fd(ssl.get(), fd);
        if (SSL_accept(ssl.get()) != 1 || !receive(*ssl)) return false;
        if (b.how == manner::stall_in_tls) return true;
        say(*ssl, b);
        if (b.how != manner::truncated && b.how != manner::close_in_body) SSL_shutdown(ssl.get());
        return false;
    }
    bool receive(SSL& ssl) {
        std::string head;
        char buffer[4096];
        while (head.find("\r\n\r\n") == head.npos) {
            const int n = SSL_read(&ssl, buffer, sizeof buffer);
            if (n <= 0) return false;
            head.append(buffer, static_cast<std::size_t>(n));
        }
        ++requests_;
        const std::lock_guard lock(mutex_);
        last_request_ = head;
        return true;
    }
    static bool send(SSL& ssl, std::string_view bytes) {
        return SSL_write(&ssl, bytes.data(), static_cast<int>(bytes.size())) > 0;
    }
    void say(SSL& ssl, const behaviour& b) const {
        auto head = "HTTP/1.1 " + std::to_string(b.status) + " X\r\n" + b.fields;
        switch (b.how) {
        case manner::garbage:
            send(ssl, "\x01\x02 this is no HTTP\r\n\r\n");
            return;
        case manner::endless_header:
            if (!send(ssl, head)) return;
            while (!stopping_ && send(ssl, "X-More: " + std::string(1000, 'x') + "\r\n")) {
            }
            return;
        case manner::endless_chunks:
            if (!send(ssl, head + "Transfer-Encoding: chunked\r\n\r\n")) return;
            while (!stopping_ && send(ssl, "1;x=" + std::string(16000, 'x') + "\r\ny\r\n")) {
            }
            return;
        case manner::until_it_closes:
        case manner::truncated:
            send(ssl, head + "\r\n" + b.body);
            return;
        default:
            const auto size = b.body.size() + (b.how == manner::close_in_body ? 100 : 0);
            send(ssl, head + "Content-Length: " + std::to_string(size) + "\r\n\r\n" + b.body);
        }
    }
    void release() {
        for (const int fd : stalled_)
            ::close(fd);
        stalled_.clear();
    }

    std::string folder_;
    certificate_authority authority_;
    context_ptr right_, wrong_, foreign_;
    int listener_ = -1;
    int port_ = 0;
    mutable std::mutex mutex_; // guards the next two members
    behaviour behaviour_;
    std::string last_request_;
    std::atomic<int> connections_ = 0;
    std::atomic<int> requests_ = 0;
    std::atomic<int> current_ = -1;
    std::atomic<bool> stopping_ = false;
    std::vector<int> stalled_; // only for the thread
    std::thread thread_;
};

} // namespace latchkey::test

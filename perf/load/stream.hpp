#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;

namespace load {

struct ssl_deleter {
    void operator()(SSL* ssl) const;
    void operator()(SSL_CTX* context) const;
};
using ssl_handle = std::unique_ptr<SSL, ssl_deleter>;

/// TLS 1.2 or 1.3 as a client that trusts the certificates in a file and nothing else.
class tls_client {
  public:
    /// name: the host that the certificate must name. Throws a fault.
    tls_client(const std::string& trusted_file, std::string name);

    ssl_handle make(int socket) const;

  private:
    std::unique_ptr<SSL_CTX, ssl_deleter> context_;
    std::string name_;
};

enum class outcome { done, again, again_to_write, closed, failed };

struct moved {
    outcome what;
    std::size_t bytes = 0;
};

/// Moves bytes over a socket that does not block, in the clear or by TLS. The socket belongs to the
/// connection.
class stream {
  public:
    void begin(int socket, const tls_client* tls);
    void end();

    bool is_tls() const { return ssl_ != nullptr; }
    outcome shake_hands();
    moved read(std::span<char> into);
    moved write(std::string_view bytes);

    /// Why the last call failed.
    std::string fault() const { return fault_; }

  private:
    outcome tls_outcome(int returned);
    outcome socket_outcome();

    int socket_ = -1;
    ssl_handle ssl_;
    std::string fault_;
};

} // namespace load

#pragma once
// Whom a TLS client believes.

#include <latchkey/core/result.hpp>

#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace latchkey::net {

/// Certificates of authorities, loaded once; a cheap handle to them, for all threads at once. TLS
/// 1.2 and later.
class tls_trust {
  public:
    /// Blocks: reads `ca_file` (PEM), or the system's bundle when it is empty: the file that
    /// SSL_CERT_FILE names, else that of the package ca-certificates. Fails (`invalid`) with a
    /// sentence that names the file.
    static core::result<tls_trust> load(const std::string& ca_file);

    const std::shared_ptr<boost::asio::ssl::context>& context() const noexcept { return context_; }

  private:
    explicit tls_trust(std::shared_ptr<boost::asio::ssl::context> c) : context_(std::move(c)) {}
    std::shared_ptr<boost::asio::ssl::context> context_;
};

} // namespace latchkey::net

#pragma once
// The authorities that a TLS client trusts.

#include <latchkey/core/result.hpp>

#include <memory>
#include <string>

namespace boost::asio::ssl {
class context;
}

namespace latchkey::net {

/// The authorities' certificates, loaded once; copies share them, and any thread may use them. The
/// client speaks TLS 1.2 and later.
class tls_trust {
  public:
    /// Reads `ca_file` (PEM). If it is empty, reads the system's bundle: the file that
    /// SSL_CERT_FILE names, or else that of the package ca-certificates. Blocks, so never call it
    /// on a worker. Fails with `invalid` and a sentence that names the file.
    static core::result<tls_trust> load(const std::string& ca_file);

    const std::shared_ptr<boost::asio::ssl::context>& context() const noexcept { return context_; }

  private:
    explicit tls_trust(std::shared_ptr<boost::asio::ssl::context> c) : context_(std::move(c)) {}
    std::shared_ptr<boost::asio::ssl::context> context_;
};

} // namespace latchkey::net

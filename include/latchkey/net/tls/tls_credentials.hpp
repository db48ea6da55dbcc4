#pragma once
// What a TLS server shows and whom it believes: its certificate with the chain, its private key,
// and the authorities of its clients' certificates.

#include <latchkey/core/clock.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/crypto/secret.hpp>

#include <memory>
#include <string>

namespace latchkey::net {

/// What files hold, in PEM.
struct tls_texts {
    std::string certificates; ///< the server's own first, then those that vouch for it
    crypto::secret key;
    std::string client_authorities; ///< empty: none
};

/// Parsed and checked. Immutable; any thread.
class tls_credentials {
  public:
    /// Fails when a text cannot be read, the key is not the certificate's, or `now` is not within
    /// the certificate's time. The sentence says which it was; it holds nothing of the key.
    static core::result<tls_credentials> parse(const tls_texts&, core::real_time now);

    /// When the certificate ends.
    core::real_time not_after() const noexcept;
    /// Whose it is, as RFC 2253 writes names.
    const std::string& subject() const noexcept;

    struct parts;
    const parts& held() const noexcept { return *parts_; }

  private:
    explicit tls_credentials(std::shared_ptr<const parts> made) : parts_(std::move(made)) {}
    std::shared_ptr<const parts> parts_;
};

} // namespace latchkey::net

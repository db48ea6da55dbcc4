#pragma once
// What a TLS server shows and trusts: its certificate with the chain, its private key, and the
// authorities of its clients' certificates.

#include <latchkey/core/clock.hpp>
#include <latchkey/core/result.hpp>
#include <latchkey/crypto/secret.hpp>

#include <memory>
#include <string>

namespace latchkey::net {

/// The contents of the files, in PEM.
struct tls_texts {
    std::string certificates; ///< the server's own first, then its chain
    crypto::secret key;
    std::string client_authorities; ///< empty if there are none
};

/// Parsed and checked. Immutable; any thread may use it.
class tls_credentials {
  public:
    /// Fails with `invalid` if a text cannot be read, if the private key does not belong to the
    /// certificate, or if `now` is not within the certificate's validity. The sentence says which
    /// it was; it repeats nothing of the private key.
    static core::result<tls_credentials> parse(const tls_texts&, core::real_time now);

    /// The end of the certificate's validity.
    core::real_time not_after() const noexcept;
    /// The certificate's subject, in the form of RFC 2253.
    const std::string& subject() const noexcept;

    struct parts;
    const parts& held() const noexcept { return *parts_; }

  private:
    explicit tls_credentials(std::shared_ptr<const parts> made) : parts_(std::move(made)) {}
    std::shared_ptr<const parts> parts_;
};

} // namespace latchkey::net

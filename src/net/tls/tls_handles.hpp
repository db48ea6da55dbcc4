#pragma once
// Owners of OpenSSL's handles for TLS, and texts of its reasons and names.

#include <latchkey/crypto/openssl_handles.hpp>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <vector>

namespace latchkey::net {

using bio_ptr = std::unique_ptr<BIO, crypto::freed_by<BIO_free>>;
using x509_ptr = std::unique_ptr<X509, crypto::freed_by<X509_free>>;
using ssl_ctx_ptr = std::unique_ptr<SSL_CTX, crypto::freed_by<SSL_CTX_free>>;

/// Why the last call failed, by the thread's error queue, which stays as it is.
std::string last_reason();

std::string text_of(const X509_NAME*);

} // namespace latchkey::net
